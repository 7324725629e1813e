import type { Problem } from '../ir/problem.ts';
import { conditionOf, holds, stamped } from './condition.ts';

const problem = (type: Problem['type'], reason: string, message: string): Problem => ({ type, reason, message });
const FINE = holds('ResolvedRefs', 'ResolvedRefs', 'All is well.');

test('without a problem of its type a condition holds', () => {
  expect(conditionOf('ResolvedRefs', [problem('Accepted', 'Other', 'Not of this type.')], FINE)).toBe(FINE);
});

test('of several problems the first names the reason, and each says its own once', () => {
  const problems = [problem('ResolvedRefs', 'A', 'One.'), problem('ResolvedRefs', 'B', 'Two.'), problem('ResolvedRefs', 'A', 'One.')];
  expect(conditionOf('ResolvedRefs', problems, FINE)).toEqual({ type: 'ResolvedRefs', status: 'False', reason: 'A', message: 'One. Two.' });
});

test('a message is cut to what the API takes, and still ends with a full stop', () => {
  const [condition] = stamped([{ ...FINE, message: 'x'.repeat(40_000) }], 3);
  expect(condition?.message).toHaveLength(32_768);
  expect(condition?.message.endsWith('x.')).toBe(true);
});

test('an object without a generation has conditions without one', () => {
  expect(stamped([FINE], undefined)).toEqual([FINE]);
});
