import type { BackendTLSPolicy, BackendTLSPolicySpec } from '../../crds/gateway-api/backend-tls-policy.ts';
import type { ImportedPort } from '../../crds/kubernetes/service-import.ts';
import { compareText } from '../gateway-api/age.ts';
import { type BackendObjects, backendKey, backendText, fetchBackend, whyAbsent } from '../gateway-api/backends/backend-object.ts';
import { type BackendTlsPolicies, slot, type TlsTarget } from '../gateway-api/backends/backend-tls.ts';
import type { ServiceReach } from '../gateway-api/backends/service-reach.ts';
import type { Collection, Fetch, First, Index } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Problem } from '../ir/problem.ts';
import { type ConditionNode, conditionOf, holds, stamped } from './condition.ts';
import { type PolicyStatus, policyStatusOf, type TargetVerdict } from './policy-status.ts';

export interface TlsPolicyStatusSources {
  readonly policies: Collection<BackendTLSPolicy>;
  readonly tls: BackendTlsPolicies;
  readonly backends: BackendObjects;
  /** By `backendKey`. */
  readonly reach: Index<First<ServiceReach>>;
}

/** Keyed by policy; one that no Gateway of ours reaches has none. */
export function backendTlsPolicyStatuses(graph: Graph, sources: TlsPolicyStatusSources, controllerName: string): Collection<PolicyStatus> {
  const targetsOf = graph.index('tlsTargetsByPolicy', sources.tls.targets, ({ policy }) => [policy]);
  return graph.derive('backendTlsPolicyStatuses', sources.policies, function* (policy, fetch, key) {
    const own = fetch.one(sources.tls.verdicts, key)?.problems ?? [BROKEN];
    const targets = fetch.by(targetsOf, key).map((target) => lookAt(target, sources, fetch));
    const status = policyStatusOf(targets, controllerName, (problems) => conditionsOf([...problems, ...own], policy));
    if (status !== undefined) yield [key, status];
  });
}

/** Only while a bug is contained. */
const BROKEN: Problem = {
  type: 'Accepted',
  reason: 'InternalError',
  message: 'Gatehouse failed to translate the policy, so requests to its targets get a 500; please report.',
};

/** A Gateway that reaches another port only has nothing to do with a policy for this one. Where nobody can say which port is meant, all have. */
function lookAt(target: TlsTarget, { tls, backends, reach }: TlsPolicyStatusSources, fetch: Fetch): TargetVerdict {
  const { backend, section, policy } = target;
  const reached = fetch.by(reach, backendKey(backend)).map(({ winner }) => winner);
  const all = new Set(reached.map(({ gateway }) => gateway));
  if (all.size === 0) return { gateways: all, problem: undefined };
  const ports: readonly NamedPort[] | undefined = fetchBackend(fetch, backends, backend)?.spec.ports;
  if (ports === undefined) return { gateways: all, problem: notFound(whyAbsent(fetch, backends, backend)) };
  const numbers = ports.filter(({ name }) => name === section).map(({ port }) => port);
  if (section !== '' && numbers.length === 0) {
    const known = ports.flatMap(({ name }) => name ?? []).join(', ') || 'none';
    return { gateways: all, problem: notFound(`${backendText(backend)} has no port named ${section}; its ports are: ${known}.`) };
  }
  const only = onlyPort(ports);
  const meant = section === '' ? reached : reached.filter(({ port = only }) => port !== undefined && numbers.includes(port));
  const winner = fetch.one(tls.winners, slot(backend, section))?.winner.policy;
  const problem = winner === undefined || winner === policy ? undefined : conflicted(target, winner);
  return { gateways: new Set(meant.map(({ gateway }) => gateway)), problem };
}

type NamedPort = Pick<ImportedPort, 'name' | 'port' | 'protocol'>;

/** The port that is meant where none is said; TLS is for TCP. */
function onlyPort(ports: readonly NamedPort[]): number | undefined {
  const [first, second] = ports.filter(({ protocol }) => protocol === 'TCP');
  return second === undefined ? first?.port : undefined;
}

const notFound = (text: string): Problem => ({ type: 'Accepted', reason: 'TargetNotFound', message: `Field spec.targetRefs: ${text}` });

const conflicted = ({ ordinal, backend, section }: TlsTarget, winner: string): Problem => ({
  type: 'Accepted',
  reason: 'Conflicted',
  message: `Field spec.targetRefs[${ordinal}]: BackendTLSPolicy ${winner} comes first (by age, then by name) for ${backendText(backend)}${section === '' ? '' : ` port ${section}`}; delete one of the two, or name different ports.`,
});

const conditionsOf = (problems: readonly Problem[], { metadata, spec }: BackendTLSPolicy): readonly ConditionNode[] =>
  stamped(
    [
      conditionOf('Accepted', problems, holds('Accepted', 'Accepted', ['Policy has been accepted.', ...ignoredOptions(spec)].join(' '))),
      conditionOf('ResolvedRefs', problems, holds('ResolvedRefs', 'ResolvedRefs', 'Resolved all the object references of the policy.')),
    ],
    metadata.generation,
  );

/** Each implementation has options of its own, and what it does not know means nothing (BackendTLSPolicySpec, `options`). */
function ignoredOptions({ options = {} }: BackendTLSPolicySpec): readonly string[] {
  const names = Object.keys(options).sort(compareText);
  return names.length === 0 ? [] : [`These options of field spec.options are not known and have no effect: ${names.join(', ')}.`];
}
