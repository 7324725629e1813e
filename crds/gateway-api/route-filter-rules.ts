/** CEL rules that the filters of all kinds of routes share. */
import type { Rule } from '../schema.ts';

/** A filter has the field of its type, and no other. */
export const filterTypeRules = (fieldOf: Readonly<Record<string, string>>): readonly Rule[] =>
  Object.entries(fieldOf).flatMap(([type, field]) => [
    { rule: `!(has(self.${field}) && self.type != '${type}')`, message: `filter.${field} must be nil if the filter.type is not ${type}` },
    { rule: `!(!has(self.${field}) && self.type == '${type}')`, message: `filter.${field} must be specified for ${type} filter.type` },
  ]);

export const onlyOnce = (type: string): Rule => ({
  rule: `self.filter(f, f.type == '${type}').size() <= 1`,
  message: `${type} filter cannot be repeated`,
});
