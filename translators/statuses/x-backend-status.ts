import type { XBackend } from '../../crds/gateway-api/x-backend.ts';
import { externalReach } from '../gateway-api/backends/backend-object.ts';
import { type ExternalVerdict, externalKey } from '../gateway-api/backends/external-backends.ts';
import type { ServiceReach } from '../gateway-api/backends/service-reach.ts';
import type { Collection, First, Index } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import { type ConditionNode, fails, holds, stamped } from './condition.ts';
import { type PolicyStatus, policyStatusOf } from './policy-status.ts';

export interface XBackendStatusSources {
  readonly backends: Collection<XBackend>;
  /** By `externalKey`. */
  readonly verdicts: Collection<ExternalVerdict>;
  /** By `externalReach`. */
  readonly reach: Index<First<ServiceReach>>;
}

/**
 * In the shape of v1.7.0 (`ancestors`); v1.6.3 has other names for the same. One entry for each Gateway with a route or filter that refers to it, with
 * the one condition that both versions define. Keyed by XBackend; one that no Gateway of ours reaches has none.
 */
export function xBackendStatuses(graph: Graph, sources: XBackendStatusSources, controllerName: string): Collection<PolicyStatus> {
  return graph.derive('xBackendStatuses', sources.backends, function* (backend, fetch, key) {
    const gateways = new Set(fetch.by(sources.reach, externalReach(key)).map(({ winner }) => winner.gateway));
    if (gateways.size === 0) return;
    const conditions = conditionsOf(backend, key, fetch.one(sources.verdicts, externalKey(key)));
    const status = policyStatusOf([{ gateways, problem: undefined }], controllerName, () => conditions);
    if (status !== undefined) yield [key, status];
  });
}

function conditionsOf({ metadata }: XBackend, key: string, verdict: ExternalVerdict | undefined): readonly ConditionNode[] {
  return stamped([acceptedOf(key, verdict)], metadata.generation);
}

function acceptedOf(key: string, verdict: ExternalVerdict | undefined) {
  // Only while a bug is contained.
  if (verdict === undefined)
    return fails('Accepted', 'InternalError', 'Gatehouse failed to translate the backend, so requests to it get a 500; please report.');
  const { choice, refusal = 'Invalid', notes } = verdict;
  return choice.ok
    ? holds('Accepted', 'Accepted', ['Backend has been accepted.', ...notes].join(' '))
    : fails('Accepted', refusal, `XBackend ${key} ${choice.why} Nothing is sent to it.`);
}
