import type { HTTPHeaderFilter } from '../../crds/gateway-api/http-header.ts';
import { headerMutationsOf, resolveHeaderEdits } from './header-edits.ts';

const mutationsOf = (spec: HTTPHeaderFilter) => {
  const edits = resolveHeaderEdits(spec, 'f');
  if (!edits.ok) throw new Error(edits.problem.message);
  return headerMutationsOf(edits.value);
};
const [APPEND, OVERWRITE] = [0, 2];

test('set overwrites, add appends, remove takes away', () => {
  expect(mutationsOf({ set: [{ name: 'A', value: '1' }], add: [{ name: 'B', value: '2' }], remove: ['C'] })).toEqual({
    toAdd: [
      { header: { key: 'A', value: '1' }, appendAction: OVERWRITE },
      { header: { key: 'B', value: '2' }, appendAction: APPEND },
    ],
    toRemove: ['C'],
  });
});

test('of several entries for one header the first counts', () => {
  const set = [
    { name: 'X-A', value: '1' },
    { name: 'x-a', value: '2' },
  ];
  expect(mutationsOf({ set }).toAdd).toHaveLength(1);
});

test('a value cannot read what the proxy knows', () => {
  expect(mutationsOf({ set: [{ name: 'a', value: '%ENVIRONMENT(HOME)%' }] }).toAdd).toMatchObject([
    { header: { value: '%%ENVIRONMENT(HOME)%%' } },
  ]);
});

test.each<[string, HTTPHeaderFilter, RegExp]>([
  ['Host', { set: [{ name: 'hOsT', value: 'x' }] }, /f\.set\[0\]\.name names the Host header.*URLRewrite/],
  ['Host removed', { remove: ['a', 'Host'] }, /f\.remove\[1\] names the Host header/],
  [':authority', { add: [{ name: ':authority', value: 'x' }] }, /f\.add\[0\]\.name names the Host header/],
  ['a pseudo header', { set: [{ name: ':path', value: '/' }] }, /":path", which is not a header name/],
  ['a space in a name', { remove: ['a b'] }, /not a header name/],
  ['a line break', { set: [{ name: 'a', value: 'b\r\nc: d' }] }, /f\.set\[0\]\.value has a control character/],
  [
    'set and add',
    { set: [{ name: 'X-A', value: '1' }], add: [{ name: 'x-a', value: '2' }] },
    /^Field f has both set and add for header x-a\. Choose/,
  ],
  ['set and remove', { set: [{ name: 'x-a', value: '1' }], remove: ['b', 'X-A'] }, /has both set and remove for header X-A/],
  ['add and remove', { add: [{ name: 'a', value: '1' }], remove: ['A'] }, /has both add and remove for header A/],
  ['a long value', { add: [{ name: 'a', value: '%'.repeat(8193) }] }, /f\.add\[0\]\.value is longer than 16384 bytes/],
])('%s is refused', (_name, spec, why) => {
  expect(resolveHeaderEdits(spec, 'f')).toMatchObject({
    ok: false,
    problem: { type: 'Accepted', reason: 'UnsupportedValue', message: expect.stringMatching(why) },
  });
});
