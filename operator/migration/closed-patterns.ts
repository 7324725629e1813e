import type { RouteRule } from '../../translators/gateway-api/routes/route-rule.ts';
import { splitRouteKey } from '../../translators/ir/route-key.ts';
import type { RouteMatchNode } from '../../translators/ir/route-node.ts';
import type { Translation } from '../../translators/translate.ts';
import type { Finding } from './finding.ts';

/** Rules that Envoy Gateway drops for a pattern, and that are closed here (decision 31). */
export function closedPatterns({ ir }: Translation): readonly Finding[] {
  // Boundary: the intermediate representation is printed as it is, so its type says nothing; `rules` are RouteRules.
  const rules = Object.values(ir['rules'] ?? {}) as readonly RouteRule[];
  return rules
    .filter(({ matches }) => matches.some(isWidened))
    .map(({ route, ordinal }) => {
      const { kind, namespace, name } = splitRouteKey(route);
      return {
        severity: 'differs' as const,
        code: 'RequestsClosed' as const,
        object: { kind, namespace, name },
        field: `spec.rules[${ordinal}].matches`,
        message:
          'A regular expression is none for Envoy. Envoy Gateway drops the rule, and its requests go to less specific ones; Gatehouse answers them with an error.',
        cure: 'Correct the expression; the status of the route names it.',
      };
    });
}

const isWidened = ({ path, headers, queryParams }: RouteMatchNode): boolean =>
  [path, ...headers, ...queryParams].some(({ written }) => written !== undefined);
