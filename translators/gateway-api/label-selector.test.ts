import type { LabelSelector } from '../../crds/object-meta.ts';
import { matchesLabels } from './label-selector.ts';

const labels = { tier: 'front', team: 'a', empty: '' };
const expression = (key: string, operator: string, ...values: readonly string[]): LabelSelector => ({
  matchExpressions: [{ key, operator, ...(values.length === 0 ? {} : { values: [...values] }) }],
});

test.each<[string, LabelSelector, boolean]>([
  ['an empty selector', {}, true],
  ['equal labels', { matchLabels: { tier: 'front', team: 'a' } }, true],
  ['one label of another value', { matchLabels: { tier: 'front', team: 'b' } }, false],
  ['a label that is not there', { matchLabels: { zone: 'x' } }, false],
  ['an empty value', { matchLabels: { empty: '' } }, true],
  ['In, and it is', expression('team', 'In', 'b', 'a'), true],
  ['In, and it is not', expression('team', 'In', 'b'), false],
  ['In, and there is none', expression('zone', 'In', 'b'), false],
  ['In nothing', expression('team', 'In'), false],
  ['NotIn, and it is', expression('team', 'NotIn', 'a'), false],
  ['NotIn, and it is not', expression('team', 'NotIn', 'b'), true],
  ['NotIn, and there is none', expression('zone', 'NotIn', 'b'), true],
  ['Exists', expression('empty', 'Exists'), true],
  ['Exists, and it does not', expression('zone', 'Exists'), false],
  ['DoesNotExist', expression('zone', 'DoesNotExist'), true],
  ['DoesNotExist, and it does', expression('team', 'DoesNotExist'), false],
  ['an operator that there is not', expression('team', 'Gt', '1'), false],
  ['labels and expressions, of which one fails', { matchLabels: { tier: 'front' }, ...expression('team', 'In', 'b') }, false],
])('%s: %p is %p', (_, selector, expected) => {
  expect(matchesLabels(selector, labels)).toBe(expected);
});
