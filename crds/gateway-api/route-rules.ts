/** CEL rules that the list of rules of HTTPRoute and GRPCRoute has. */
import type { Rule } from '../schema.ts';

export const MAX_RULES = 16;

/** @param matchesOf how many matches a rule has, in CEL, which differs between kinds */
export const rulesRules = (matchesOf: (rule: string) => string): readonly Rule[] => [
  {
    rule: `${Array.from({ length: MAX_RULES }, (_, i) => `(self.size() > ${i} ? ${matchesOf(`self[${i}]`)} : 0)`).join(' + ')} <= 128`,
    message:
      'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
  },
  {
    rule: 'self.all(l1, !has(l1.name) || self.exists_one(l2, has(l2.name) && l1.name == l2.name))',
    message: 'Rule name must be unique within the route',
  },
];
