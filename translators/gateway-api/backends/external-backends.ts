import type { XBackend, XBackendSpec } from '../../../crds/gateway-api/x-backend.ts';
import type { Collection, Fetch } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { BackendTls } from '../../ir/cluster-node.ts';
import type { SecretNode, TrustedCaNode } from '../../ir/listener-node.ts';
import type { Settings } from '../../settings.ts';
import { whyNoExternalHostname } from './external-hostname.ts';
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
  readonly hostname: string;
  readonly port: number;
  readonly protocol: XBackendSpec['protocol'];
  readonly tls: BackendTls | undefined;
}

export interface ExternalBackends {
  /** Keyed by `externalKey`, so that no policy has the same. */
  readonly verdicts: Collection<ExternalVerdict>;
  readonly find: FindExternalBackend;
}

/** @param key of an XBackend; undefined: there is none */
export type FindExternalBackend = (fetch: Fetch, key: string) => ExternalChoice | undefined;

export const externalKey = (key: string): string => `XBackend ${key}`;

const REACHED = 'xbackend/';

/** As `backendKey` of other backends: what it is called where it is said which Gateways reach it. */
export const externalReach = (key: string): string => `${REACHED}${key}`;

export const isExternalReach = (backend: string): boolean => backend.startsWith(REACHED);

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
  return { verdicts, find: (fetch, key) => fetch.one(choices, externalKey(key)) };
}

/** Why nothing can be sent: `accepted` is for the XBackend, the others for who refers to it. */
interface Refusal {
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
  const { hostname } = spec.externalHostname ?? {};
  if (hostname === undefined) return no(SELECTS);
  const { protocol } = spec;
  const port = spec.port.number ?? spec.port.port;
  if (port === undefined) return no(PORTLESS);
  const refusal = whyNotThere(hostname, port, sources.settings) ?? clashOf(spec);
  if (refusal !== undefined) return no(refusal);
  const backend = { hostname, port, protocol };
  if (!isSecure(spec))
    return { choice: { ok: true, backend: { ...backend, tls: undefined } }, notes: [], trustedCa: undefined, wakeAt: undefined };
  const found = externalTls(spec.tls, { key, policy: externalKey(key), namespace: metadata.namespace ?? '' }, sources, fetch);
  if (!found.ok) return no({ ...found, reason: 'InvalidBackendTLS' });
  const { tls, notes, trustedCa, proof } = found;
  return {
    choice: { ok: true, backend: { ...backend, tls } },
    notes,
    trustedCa,
    wakeAt: proof?.wakeAt,
    ...(proof === undefined ? {} : { clientCertificate: proof.secret }),
  };
}

const isSecure = ({ tls }: XBackendSpec): boolean => (tls?.mode ?? 'None') !== 'None';

const SELECTS: Refusal = {
  accepted: 'UnsupportedValue',
  reason: 'InvalidBackendRef',
  why: 'is of type EndpointSelector, which is not built; use a Service with that selector.',
};

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
