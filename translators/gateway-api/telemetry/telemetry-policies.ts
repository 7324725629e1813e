import type { XTelemetryPolicy } from '../../../crds/gateway-api/x-telemetry-policy.ts';
import type { Collection, Fetch, First } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Problem } from '../../ir/problem.ts';
import type { TracingNode } from '../../ir/tracing-node.ts';
import { type Age, ageOf, compareAge } from '../age.ts';
import type { Backend, BackendSources } from '../backends/backend-ref.ts';
import type { BackendUse } from '../backends/clusters.ts';
import { readsRequests, type ServingListener } from '../listeners/serving-listeners.ts';
import type { OwnedGateway } from '../owned-gateways.ts';
import { findCollector, headerProblem, spanCollector } from './collector.ts';
import { providerOf, type TracingSettings, tracingSettings } from './tracing-settings.ts';

/** A policy asks for a Gateway. Keyed `<policy>|<gateway>`. */
export interface TelemetryClaim {
  readonly policy: string;
  readonly gateway: string;
  readonly age: Age;
}

/** What a policy comes to by itself, whether or not it takes effect anywhere. */
export interface TelemetryVerdict {
  /** Undefined: it asks for no traces, or cannot have them. */
  readonly traces: { readonly settings: TracingSettings; readonly backend: Backend } | undefined;
  /** `<backendKey>/<port>`, whether or not there is one. */
  readonly reaches: readonly string[];
  readonly problems: readonly Problem[];
}

/** How a Gateway's requests are traced, and whom that reaches. Keyed by Gateway. */
export interface GatewayTelemetry {
  readonly gateway: string;
  readonly fleet: string;
  /** Undefined: they are not. */
  readonly tracing: TracingNode | undefined;
  readonly backend: Backend | undefined;
  readonly reaches: readonly string[];
}

/** What proxies and statuses ask of XTelemetryPolicies. */
export interface TelemetryPolicies {
  /** Keyed by policy. */
  readonly verdicts: Collection<TelemetryVerdict>;
  /** Whose settings hold for a Gateway: the oldest good policy's. Keyed by Gateway. */
  readonly winners: Collection<First<TelemetryClaim>>;
  readonly gateways: Collection<GatewayTelemetry>;
  /** Gateways with a listener that reads requests: bytes and datagrams are not traced. */
  readonly reading: Collection<First<ServingListener>>;
}

export interface TelemetrySources {
  readonly policies: Collection<XTelemetryPolicy>;
  readonly gateways: Collection<OwnedGateway>;
  readonly backends: BackendSources;
  readonly serving: Collection<ServingListener>;
}

/**
 * Precedence: the oldest, then by name (GEP-713). One that is no good stands in nobody's way, since nothing that it asks for protects anyone; one
 * whose backend is missing holds its Gateways, and nothing is traced.
 */
export function telemetryPolicies(graph: Graph, { policies, gateways, backends, serving }: TelemetrySources): TelemetryPolicies {
  const verdicts = graph.derive('telemetryVerdicts', policies, function* (policy, fetch, key) {
    yield [key, verdictOf(policy, backends, fetch)];
  });
  const claims = graph.derive<XTelemetryPolicy, TelemetryClaim>('telemetryClaims', policies, function* (policy, fetch, key) {
    if (!isGood(fetch.one(verdicts, key))) return;
    for (const gateway of telemetryTargets(policy)) yield [`${key}|${gateway}`, { policy: key, gateway, age: ageOf(policy) }];
  });
  const winners = graph.first('telemetryWinners', claims, {
    by: ({ gateway }) => [gateway],
    orderBy: (a, b) => compareAge(a.age, b.age),
  });
  const byGateway = graph.derive<First<TelemetryClaim>, GatewayTelemetry>('gatewayTelemetry', winners, function* ({ winner }, fetch, key) {
    const gateway = fetch.one(gateways, key);
    const verdict = gateway && fetch.one(verdicts, winner.policy);
    if (gateway !== undefined && verdict !== undefined) yield [key, telemetryOf(gateway, verdict)];
  });
  const reading = graph.first('readingGateways', serving, { by: (listener) => (readsRequests(listener) ? [listener.gateway] : []) });
  return { verdicts, winners, gateways: byGateway, reading };
}

/** One that cannot be accepted asks for nothing. */
export const isGood = (verdict: TelemetryVerdict | undefined): verdict is TelemetryVerdict =>
  verdict?.problems.every(({ type }) => type !== 'Accepted') === true;

/** Gateways of the policy's namespace that it names, each once. */
export const telemetryTargets = ({ spec, metadata }: XTelemetryPolicy): ReadonlySet<string> =>
  new Set(spec.targetRefs.flatMap((ref) => (isGateway(ref) ? [`${metadata.namespace ?? ''}/${ref.name}`] : [])));

export const isGateway = ({ group, kind }: XTelemetryPolicy['spec']['targetRefs'][number]): boolean =>
  group === 'gateway.networking.k8s.io' && kind === 'Gateway';

function verdictOf(policy: XTelemetryPolicy, backends: BackendSources, fetch: Fetch): TelemetryVerdict {
  const settings = tracingSettings(policy);
  const own = settings.ok ? [] : [settings.problem];
  const provider = providerOf(policy);
  if (provider === undefined) return { traces: undefined, reaches: [], problems: own };
  const { reaches, found } = findCollector(backends, fetch, policy.metadata.namespace ?? '', provider.backendRef);
  if (!found.ok) return { traces: undefined, reaches, problems: [...own, found.problem] };
  const unsendable = headerProblem(provider.headers ?? [], found.value);
  const problems = unsendable === undefined ? own : [...own, unsendable];
  if (!settings.ok || settings.value === undefined || unsendable !== undefined) return { traces: undefined, reaches, problems };
  return { traces: { settings: settings.value, backend: found.value }, reaches, problems };
}

/** Without a name of the service's own, the contract's (B.3, `telemetry.tracing.provider.serviceName`). */
function telemetryOf({ key: gateway, fleet, namespace, name }: OwnedGateway, { traces, reaches }: TelemetryVerdict): GatewayTelemetry {
  if (traces === undefined) return { gateway, fleet, tracing: undefined, backend: undefined, reaches };
  const own = { kind: 'Tracing', collector: spanCollector(traces.backend), serviceName: `${name}.${namespace}` } as const;
  const tracing: TracingNode = { ...own, ...traces.settings };
  return { gateway, fleet, tracing, backend: traces.backend, reaches };
}

/** How long the connections of a listener that is replaced may still have spans to send. */
const LAST_SPANS_MS = 60_000;

/** A Gateway that reads requests uses the cluster of its collector. Keyed `<fleet>|<gateway>|telemetry`. */
export const telemetryUses = (graph: Graph, { gateways, reading }: TelemetryPolicies): Collection<BackendUse> =>
  graph.derive('telemetryUses', gateways, function* ({ fleet, backend }, fetch, key) {
    if (backend === undefined || fetch.one(reading, key) === undefined) return;
    yield [`${fleet}|${key}|telemetry`, { fleet, ...backend, longestMs: LAST_SPANS_MS }];
  });
