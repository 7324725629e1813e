import type { SessionPersistence } from '../../../crds/gateway-api/session-persistence.ts';
import type { XBackend, XBackendSpec } from '../../../crds/gateway-api/x-backend.ts';
import type { Collection, Fetch } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { PodSelector } from '../../inputs.ts';
import type { BackendTls } from '../../ir/cluster-node.ts';
import type { SecretNode, TrustedCaNode } from '../../ir/listener-node.ts';
import type { Settings } from '../../settings.ts';
import { whyNoExternalHostname } from './external-hostname.ts';
import { selectedPlace } from './external-pods.ts';
import { type ExternalTlsSources, externalTls } from './external-tls.ts';

/** What an XBackend comes to, those who vouch for it, and what is proven to it. */
export interface ExternalVerdict {
  readonly choice: ExternalChoice;
  /** Reason of the condition `Accepted` of the XBackend, where nothing can be sent to it. */
  readonly refusal?: string;
  /** What is wrong and keeps nothing from being sent; whole sentences. */
  readonly notes: readonly string[];
  readonly trustedCa: TrustedCaNode | undefined;
  /** Absent: it does not ask for one of its own. */
  readonly clientCertificate?: SecretNode;
  /** When its client certificate ends, in milliseconds since the epoch. */
  readonly wakeAt: number | undefined;
}

/** `reason` is that of the condition `ResolvedRefs` of who refers to it; `why` follows `XBackend <ns>/<name>` in a sentence. */
export type ExternalChoice =
  | { readonly ok: true; readonly backend: ExternalBackend }
  | { readonly ok: false; readonly reason: string; readonly why: string };

export interface ExternalBackend {
  /** Undefined: it leads to the Pods that it selects. */
  readonly hostname: string | undefined;
  readonly port: number;
  readonly protocol: XBackendSpec['protocol'];
  readonly tls: BackendTls | undefined;
  /** For rules that have none of their own. */
  readonly sessions?: SessionPersistence;
}

export interface ExternalBackends {
  /** Keyed by `externalKey`, so that no policy has the same. */
  readonly verdicts: Collection<ExternalVerdict>;
  readonly find: FindExternalBackend;
  /** Which Pods those of type EndpointSelector lead to. Keyed by XBackend; apart from the rest, so that another selector touches no route. */
  readonly selectors: Collection<PodSelector>;
}

/** @param key of an XBackend; undefined: there is none */
export type FindExternalBackend = (fetch: Fetch, key: string) => ExternalChoice | undefined;

export const externalKey = (key: string): string => `XBackend ${key}`;

export interface ExternalSources extends ExternalTlsSources {
  readonly settings: Pick<Settings, 'clusterDomain' | 'reservedPorts'>;
}

export function externalBackends(graph: Graph, backends: Collection<XBackend>, sources: ExternalSources): ExternalBackends {
  const verdicts = graph.derive('externalVerdicts', backends, function* (backend, fetch, key): Iterable<
    readonly [string, ExternalVerdict]
  > {
    yield [externalKey(key), verdictOf(backend, key, sources, fetch)];
  });
  // Without the certificates: when they are renewed, no route is looked at.
  const choices = graph.derive('externalChoices', verdicts, function* ({ choice }, _fetch, key) {
    yield [key, choice];
  });
  const selectors = graph.derive('podSelectors', backends, function* ({ spec, metadata }, _fetch, key): Iterable<
    readonly [string, PodSelector]
  > {
    const labels = spec.endpointSelector?.matchLabels;
    if (labels !== undefined) yield [key, { namespace: metadata.namespace ?? '', labels }];
  });
  return { verdicts, find: (fetch, key) => fetch.one(choices, externalKey(key)), selectors };
}

/** Where an XBackend leads to, or why to nowhere. */
export type ExternalPlace =
  | { readonly ok: true; readonly place: Pick<ExternalBackend, 'hostname' | 'sessions'>; readonly notes: readonly string[] }
  | ({ readonly ok: false } & Refusal);

/** Why nothing can be sent: `accepted` is for the XBackend, the others for who refers to it. */
export interface Refusal {
  readonly accepted: string;
  readonly reason: string;
  readonly why: string;
}

const no = ({ accepted, reason, why }: Refusal): ExternalVerdict => ({
  choice: { ok: false, reason, why },
  refusal: accepted,
  notes: [],
  trustedCa: undefined,
  wakeAt: undefined,
});

function verdictOf({ spec, metadata }: XBackend, key: string, sources: ExternalSources, fetch: Fetch): ExternalVerdict {
  const { protocol } = spec;
  const namespace = metadata.namespace ?? '';
  const port = spec.port.number ?? spec.port.port;
  if (port === undefined) return no(PORTLESS);
  const place = placeOf(spec, { port, namespace }, sources, fetch);
  if (!place.ok) return no(place);
  const refusal = clashOf(spec);
  if (refusal !== undefined) return no(refusal);
  const backend = { ...place.place, port, protocol };
  if (!isSecure(spec))
    return { choice: { ok: true, backend: { ...backend, tls: undefined } }, notes: place.notes, trustedCa: undefined, wakeAt: undefined };
  const found = externalTls(spec.tls, { key, policy: externalKey(key), namespace }, sources, fetch);
  if (!found.ok) return no({ ...found, reason: 'InvalidBackendTLS' });
  const { tls, notes, trustedCa, proof } = found;
  return {
    choice: { ok: true, backend: { ...backend, tls } },
    notes: [...place.notes, ...notes],
    trustedCa,
    wakeAt: proof?.wakeAt,
    ...(proof === undefined ? {} : { clientCertificate: proof.secret }),
  };
}

function placeOf(
  { externalHostname, sessionPersistence: sessions }: XBackendSpec,
  { port, namespace }: { readonly port: number; readonly namespace: string },
  { settings, inputs }: ExternalSources,
  fetch: Fetch,
): ExternalPlace {
  if (externalHostname === undefined) return selectedPlace(sessions, namespace, inputs, fetch);
  const { hostname } = externalHostname;
  const refusal = whyNotThere(hostname, port, settings);
  return refusal === undefined ? { ok: true, place: { hostname }, notes: [] } : { ok: false, ...refusal };
}

const isSecure = ({ tls }: XBackendSpec): boolean => (tls?.mode ?? 'None') !== 'None';

/** An object of the version before, of which the API server hands out no more than the installed definition knows. */
const PORTLESS: Refusal = {
  accepted: 'Invalid',
  reason: 'InvalidBackendRef',
  why: 'has no port; set spec.port.number (spec.port.port before v1.7.0 of the Gateway API).',
};

/** Where nothing may be sent whatever else is asked for. */
function whyNotThere(
  hostname: string,
  port: number,
  { clusterDomain = 'cluster.local', reservedPorts }: ExternalSources['settings'],
): Refusal | undefined {
  const unfit = whyNoExternalHostname(hostname, clusterDomain);
  const led = (why: string): Refusal => ({ accepted: 'Invalid', reason: 'InvalidBackendRef', why: `cannot be led to: ${why}` });
  if (unfit !== undefined) return led(`field spec.externalHostname.hostname: ${hostname} ${unfit}.`);
  if (reservedPorts?.has(port) !== true) return undefined;
  return led(`field spec.port: ${port} is a port of the proxies' own, where a name might point back.`);
}

/** What v1.7.0 does not let through and v1.6.3 does. */
function clashOf(spec: XBackendSpec): Refusal | undefined {
  const { protocol, tls } = spec;
  const secure = isSecure(spec);
  const invalid = (reason: string, why: string): Refusal => ({ accepted: 'Invalid', reason, why });
  if (!secure && tls?.validation !== undefined)
    return invalid('InvalidBackendTLS', 'has spec.tls.validation and mode None; use ServerOnly, or remove the validation.');
  if (secure && protocol === 'H2C')
    return invalid('UnsupportedProtocol', 'has protocol H2C, which is without TLS; use HTTP2, or tls.mode None.');
  if (!secure && (protocol === 'HTTP2' || protocol === 'WSS'))
    return invalid(
      'UnsupportedProtocol',
      `has protocol ${protocol}, which needs TLS; set spec.tls, or use ${protocol === 'WSS' ? 'HTTP' : 'H2C'}.`,
    );
  return undefined;
}
