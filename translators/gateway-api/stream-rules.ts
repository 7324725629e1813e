import type { StreamRoute } from '../../crds/gateway-api/route.ts';
import type { StreamRule } from '../../crds/gateway-api/stream-rule.ts';
import { refOf } from '../ir/object-key.ts';
import type { Problem } from '../ir/problem.ts';
import { splitRouteKey } from '../ir/route-key.ts';
import type { BackendShare } from '../ir/route-node.ts';
import { ageOf } from './age.ts';
import { type Backend, resolveBackend } from './backend-ref.ts';
import type { RuleContext } from './http-rules.ts';
import type { RouteRule } from './route-rule.ts';

/** A connection lasts as long as its ends want. */
const NO_LIMIT_MS = Number.MAX_SAFE_INTEGER;

/** Rules of what carries bytes (TLSRoute, TCPRoute) or datagrams (UDPRoute): backends and nothing else. */
export const streamRules = (route: StreamRoute, context: RuleContext): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => streamRule(route, context, rule, ordinal));

/** What stands in for them where they cannot be translated: every connection is closed. */
export const brokenStreamRules = (route: StreamRoute, key: string): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => closing(route, key, rule, ordinal));

function streamRule(route: StreamRoute, { key, fetch, sources }: RuleContext, rule: StreamRule, ordinal: number): RouteRule {
  const { kind, namespace } = splitRouteKey(key);
  const backends: BackendShare[] = [];
  const uses = new Map<string, Backend>();
  const problems: Problem[] = [];
  for (const [index, ref] of rule.backendRefs.entries()) {
    const field = `spec.rules[${ordinal}].backendRefs[${index}]`;
    const found = resolveBackend(sources, fetch, { kind, namespace, field }, ref);
    if (found.ok) {
      const { name } = found.value.cluster;
      uses.set(name, found.value);
      backends.push({ kind: 'Cluster', cluster: name, weight: ref.weight, features: [] });
    } else {
      problems.push(found.problem);
      backends.push({ kind: 'Invalid', weight: ref.weight });
    }
  }
  return { ...closing(route, key, rule, ordinal), backends, uses: [...uses.values()], problems };
}

const closing = (route: StreamRoute, key: string, rule: StreamRule, ordinal: number): RouteRule => ({
  route: key,
  ordinal,
  age: ageOf(route),
  matches: [],
  backends: [],
  features: [],
  timeouts: {},
  uses: [],
  longestMs: NO_LIMIT_MS,
  problems: [],
  ignored: [],
  origin: refOf(route, rule.name),
});
