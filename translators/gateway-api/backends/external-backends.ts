import type { XBackend, XBackendSpec } from '../../../crds/gateway-api/x-backend.ts';
import { EXPERIMENTS } from '../../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { Collection, Fetch } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { BackendTls } from '../../ir/cluster-node.ts';
import type { TrustedCaNode } from '../../ir/listener-node.ts';
import type { Settings } from '../../settings.ts';
import { type BackendTlsSources, namesOf, trustOf } from './backend-tls.ts';
import { whyNoExternalHostname } from './external-hostname.ts';

/** What an XBackend comes to, and those who vouch for it. */
export interface ExternalVerdict {
  readonly choice: ExternalChoice;
  readonly trustedCa: TrustedCaNode | undefined;
}

/** `why` follows `XBackend <ns>/<name>` in a sentence. */
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

const externalKey = (key: string): string => `XBackend ${key}`;

export interface ExternalSources extends BackendTlsSources {
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

const no = (reason: string, why: string): ExternalVerdict => ({ choice: { ok: false, reason, why }, trustedCa: undefined });

function verdictOf({ spec, metadata }: XBackend, key: string, sources: ExternalSources, fetch: Fetch): ExternalVerdict {
  const { clusterDomain = 'cluster.local', reservedPorts } = sources.settings;
  const { externalHostname, protocol } = spec;
  if (externalHostname === undefined)
    return no('InvalidBackendRef', 'is of type EndpointSelector, which is not built; use a Service with that selector.');
  const { hostname } = externalHostname;
  const unfit = whyNoExternalHostname(hostname, clusterDomain);
  if (unfit !== undefined) return no('InvalidBackendRef', `cannot be led to: field spec.externalHostname.hostname: ${hostname} ${unfit}.`);
  const port = spec.port.number ?? spec.port.port ?? 0;
  if (reservedPorts?.has(port) === true)
    return no(
      'InvalidBackendRef',
      `cannot be led to: field spec.port: ${port} is a port of the proxies' own, where a name might point back.`,
    );
  const mode = spec.tls?.mode ?? 'None';
  const clash = clashOf(spec, mode !== 'None');
  if (clash !== undefined) return no(clash.reason, clash.why);
  const backend = { hostname, port, protocol };
  if (mode === 'None') return { choice: { ok: true, backend: { ...backend, tls: undefined } }, trustedCa: undefined };
  const { validation } = spec.tls ?? {};
  if (validation === undefined) return no('InvalidBackendTLS', 'needs spec.tls.validation, which says who may vouch for it.');
  const from = { group: EXPERIMENTS, kind: 'XBackend', namespace: metadata.namespace ?? '' };
  const { trustedCa, problems } = trustOf(
    validation,
    { from, secret: `xbackend/${key}/ca.crt`, field: 'spec.tls.validation' },
    sources,
    fetch,
  );
  if (trustedCa === undefined) return no('InvalidBackendTLS', `cannot be verified: ${problems.map(({ message }) => message).join(' ')}`);
  const names = namesOf(validation.hostname, validation.subjectAltNames ?? []);
  const tls = { sni: validation.hostname, names, trustedCa: trustedCa.name, policy: externalKey(key) };
  return { choice: { ok: true, backend: { ...backend, tls } }, trustedCa };
}

/** What v1.7.0 does not let through and v1.6.3 does, and what there is no code for. */
function clashOf({ protocol, tls }: XBackendSpec, secure: boolean): { readonly reason: string; readonly why: string } | undefined {
  if (tls?.mode === 'ClientAndServer') {
    const why =
      'asks for spec.tls.mode ClientAndServer, which is not built; use ServerOnly, and spec.tls.backend of the Gateway for what its proxies prove themselves with.';
    return { reason: 'InvalidBackendTLS', why };
  }
  if (!secure && tls?.validation !== undefined)
    return { reason: 'InvalidBackendTLS', why: 'has spec.tls.validation and mode None; use ServerOnly, or remove the validation.' };
  if (secure && protocol === 'H2C')
    return { reason: 'UnsupportedProtocol', why: 'has protocol H2C, which is without TLS; use HTTP2, or tls.mode None.' };
  if (!secure && (protocol === 'HTTP2' || protocol === 'WSS'))
    return {
      reason: 'UnsupportedProtocol',
      why: `has protocol ${protocol}, which needs TLS; set spec.tls, or use ${protocol === 'WSS' ? 'HTTP' : 'H2C'}.`,
    };
  return undefined;
}
