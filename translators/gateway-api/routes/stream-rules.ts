import type { StreamRoute } from '../../../crds/gateway-api/route.ts';
import type { StreamRule } from '../../../crds/gateway-api/stream-rule.ts';
import { NO_LIMIT_MS } from '../../envoy/route-timeouts.ts';
import { equal } from '../../graph/equal.ts';
import type { Result } from '../../ir/result.ts';
import { splitRouteKey } from '../../ir/route-key.ts';
import type { BackendShare } from '../../ir/route-node.ts';
import { type Backend, permittedBackend, reachedBy, resolveBackend } from '../backends/backend-ref.ts';
import { emptyRule, type RouteRule } from './route-rule.ts';
import type { RuleContext } from './rule-backends.ts';

/** Rules of what carries bytes (TLSRoute, TCPRoute) or datagrams (UDPRoute): backends and nothing else. */
export const streamRules = (route: StreamRoute, context: RuleContext): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => streamRule(route, context, rule, ordinal));

/** What stands in for them where they cannot be translated: every connection is closed. */
export const brokenStreamRules = (route: StreamRoute, key: string): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => closing(route, key, rule, ordinal));

/** A rule does not know which listeners end the client's TLS, and so it has backends for either case. */
function streamRule(route: StreamRoute, context: RuleContext, rule: StreamRule, ordinal: number): RouteRule {
  const found = rule.backendRefs.map((ref, index) => streamBackend(ref, `spec.rules[${ordinal}].backendRefs[${index}]`, context));
  const uses = found.flatMap(({ plain, secure }) => [plain, secure].flatMap((each) => (each.ok ? [each.value] : [])));
  const backends = found.map(({ plain, weight }) => shareOf(plain, weight));
  const reencrypted = found.map(({ secure, weight }) => shareOf(secure, weight));
  return {
    ...closing(route, context.key, rule, ordinal),
    backends,
    ...(equal(backends, reencrypted) ? {} : { reencrypted }),
    uses: [...new Map(uses.map((use) => [use.cluster.name, use])).values()],
    reaches: [...new Set(found.flatMap(({ reaches }) => reaches))],
    problems: found.flatMap(({ plain }) => (plain.ok ? [] : [plain.problem])),
  };
}

interface StreamBackend {
  readonly weight: number;
  /** For bytes that go on as they came. */
  readonly plain: Result<Backend>;
  /** For what came out of the client's TLS. What is wrong with a policy its own status says. */
  readonly secure: Result<Backend>;
  readonly reaches: readonly string[];
}

function streamBackend(ref: StreamRule['backendRefs'][number], field: string, { key, fetch, sources }: RuleContext): StreamBackend {
  const { kind, namespace } = splitRouteKey(key);
  const at = { kind, namespace, field };
  const { weight } = ref;
  const permitted = permittedBackend(sources, fetch, at, ref);
  if (!permitted.ok) return { weight, plain: permitted, secure: permitted, reaches: [] };
  const plain = resolveBackend(sources, fetch, { ...at, asItIs: true }, permitted.value);
  // There is no TLS for datagrams.
  const secure = kind === 'UDPRoute' ? plain : resolveBackend(sources, fetch, at, permitted.value);
  return { weight, plain, secure, reaches: kind === 'UDPRoute' ? [] : reachedBy(permitted.value) };
}

const shareOf = (found: Result<Backend>, weight: number): BackendShare =>
  found.ok ? { kind: 'Cluster', cluster: found.value.cluster.name, weight, features: [] } : { kind: 'Invalid', weight };

/** A connection lasts as long as its ends want. */
const closing = (route: StreamRoute, key: string, { name }: StreamRule, ordinal: number): RouteRule =>
  emptyRule(route, { key, ordinal, name }, { matches: [], longestMs: NO_LIMIT_MS });
