import type { RouteRule } from '../../translators/gateway-api/routes/route-rule.ts';
import { splitRouteKey } from '../../translators/ir/route-key.ts';
import type { Translation } from '../../translators/translate.ts';
import type { Finding } from './finding.ts';

/** Fields of routes that are let pass and do nothing. */
export function ignoredRuleFields({ ir }: Translation): readonly Finding[] {
  // Boundary: the intermediate representation is printed as it is, so its type says nothing; `rules` are RouteRules.
  const rules = Object.values(ir['rules'] ?? {}) as readonly RouteRule[];
  return rules.flatMap(({ route, ignored }) => {
    const { kind, namespace, name } = splitRouteKey(route);
    return ignored.map((field) => ({
      severity: 'differs' as const,
      code: 'FieldIgnored' as const,
      object: { kind, namespace, name },
      field,
      message: 'The field is taken and has no effect yet.',
      cure: 'Do without it, or stay with Envoy Gateway until Gatehouse has it.',
    }));
  });
}
