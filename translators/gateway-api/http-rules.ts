import type { HTTPBackendRef, HTTPRoute, HTTPRouteRule } from '../../crds/gateway-api/http-route.ts';
import { longestRequestMs } from '../envoy/route-timeouts.ts';
import { type FilterScope, resolveFilters } from '../features/resolve-filters.ts';
import { resolveRuleFields } from '../features/resolve-rule-fields.ts';
import type { Fetch } from '../graph/collection.ts';
import type { BackendProtocol } from '../ir/cluster-node.ts';
import { refOf } from '../ir/object-key.ts';
import type { Problem } from '../ir/problem.ts';
import { ok, type Result } from '../ir/result.ts';
import { splitRouteKey } from '../ir/route-key.ts';
import { ageOf } from './age.ts';
import {
  type Backend,
  type BackendObjectRef,
  type BackendSources,
  permittedBackend,
  type Reference,
  resolveBackend,
} from './backend-ref.ts';
import { matchNodes, matchProblems } from './route-matches.ts';
import type { RouteRule } from './route-rule.ts';
import { ruleSessions } from './rule-sessions.ts';
import { timeoutsOf } from './rule-timeouts.ts';
import type { ResolvedShare } from './session-split.ts';

export interface RuleContext {
  /** The route's. */
  readonly key: string;
  readonly fetch: Fetch;
  readonly sources: BackendSources;
}

export const httpRules = (route: HTTPRoute, context: RuleContext): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => httpRule(route, context, rule, ordinal));

/** What stands in for them where they cannot be translated. */
export const brokenHttpRules = (route: HTTPRoute, key: string): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => unanswerable(route, key, rule, ordinal));

function httpRule(route: HTTPRoute, context: RuleContext, rule: HTTPRouteRule, ordinal: number): RouteRule {
  const base = unanswerable(route, context.key, rule, ordinal);
  const found: FoundBackends = { asked: new Map(), reaches: new Set() };
  const find = backendFinder(context, found);
  const field = `spec.rules[${ordinal}]`;
  const paths = base.matches.map((match) => match.path);
  const filters = resolveFilters(rule.filters ?? [], filterScope('rule', `${field}.filters`, paths, find));
  const shares = (rule.backendRefs ?? []).map((ref, index) => backendShare(ref, `${field}.backendRefs[${index}]`, paths, find));
  const sessions = ruleSessions(rule, shares, field);
  const fields = resolveRuleFields(sessions.rule, filterScope('rule', field, paths, find));
  const timeouts = timeoutsOf(rule);
  const problems = [...matchProblems(rule, ordinal), ...filters.problems, ...fields.problems, ...shares.flatMap((share) => share.problems)];
  // A rule is dropped whole (PartiallyInvalid, "Drop Rule(s)"): also what its good matches take gets a 500 then, and not a broader rule.
  if (filters.refused || problems.some((problem) => problem.type === 'Accepted')) return { ...base, reaches: [...found.reaches], problems };
  return {
    ...base,
    backends: sessions.shares,
    features: [...filters.fragments, ...fields.fragments],
    timeouts,
    uses: [...new Map([...sessions.uses.map((use) => [use.cluster.name, use] as const), ...found.asked]).values()],
    reaches: [...found.reaches],
    longestMs: longestRequestMs(timeouts),
    problems,
    ignored: sessions.ignored,
  };
}

/** The rule's matches with nothing behind them. */
function unanswerable(route: HTTPRoute, key: string, rule: HTTPRouteRule, ordinal: number): RouteRule {
  return {
    route: key,
    ordinal,
    age: ageOf(route),
    matches: matchNodes(rule),
    backends: [],
    features: [],
    timeouts: {},
    uses: [],
    reaches: [],
    longestMs: longestRequestMs({}),
    problems: [],
    ignored: [],
    origin: refOf(route, rule.name),
  };
}

/** Finds the backends of a rule: those that requests go to, and those that filters send to. */
interface BackendFinder {
  readonly toServe: (ref: BackendObjectRef, field: string) => Result<Backend>;
  readonly toAsk: (ref: BackendObjectRef, field: string, protocol?: BackendProtocol) => Result<Backend>;
}

interface FoundBackends {
  /** Those that filters send to, by cluster. */
  readonly asked: Map<string, Backend>;
  readonly reaches: Set<string>;
}

function backendFinder({ key, fetch, sources }: RuleContext, { asked, reaches }: FoundBackends): BackendFinder {
  const { kind, namespace } = splitRouteKey(key);
  const find = (ref: BackendObjectRef, at: Reference): Result<Backend> => {
    const permitted = permittedBackend(sources, fetch, at, ref);
    if (!permitted.ok) return permitted;
    reaches.add(`${permitted.value.service}/${permitted.value.port}`);
    return resolveBackend(sources, fetch, at, permitted.value);
  };
  return {
    toServe: (ref, field) => find(ref, { kind, namespace, field }),
    toAsk: (ref, field, protocol) => {
      const found = find(ref, { kind, namespace, field, ...(protocol === undefined ? {} : { protocol }) });
      if (found.ok) asked.set(found.value.cluster.name, found.value);
      return found;
    },
  };
}

interface CheckedShare extends ResolvedShare {
  readonly problems: readonly Problem[];
}

const filterScope = (place: FilterScope['place'], field: string, paths: FilterScope['paths'], find: BackendFinder): FilterScope => ({
  place,
  field,
  paths,
  backend: (ref, protocol) => {
    const found = find.toAsk(ref, field, protocol);
    if (!found.ok) return found;
    const { cluster, service, namespace } = found.value;
    return ok({ cluster: cluster.name, authority: `${service}.${namespace}` });
  },
});

function backendShare(ref: HTTPBackendRef, field: string, paths: FilterScope['paths'], find: BackendFinder): CheckedShare {
  const found = find.toServe(ref, field);
  if (!found.ok) return { share: { kind: 'Invalid', weight: ref.weight }, problems: [found.problem] };
  const filters = resolveFilters(ref.filters ?? [], filterScope('backendRef', `${field}.filters`, paths, find));
  const problems = filters.problems.map(ofReference);
  if (filters.refused) return { share: { kind: 'Invalid', weight: ref.weight }, problems };
  const share = { kind: 'Cluster' as const, cluster: found.value.cluster.name, weight: ref.weight, features: filters.fragments };
  return { share, backend: found.value, problems };
}

/** What is wrong with a backend's own filters spoils that backend, not the rule (contract D.9). */
const ofReference = (problem: Problem): Problem =>
  problem.type === 'Accepted' ? { ...problem, type: 'ResolvedRefs', reason: 'UnsupportedRefValue' } : problem;
