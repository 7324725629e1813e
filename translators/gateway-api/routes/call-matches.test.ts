import { RE2JS } from 're2js';
import type { GRPCMethodMatch } from '../../../crds/gateway-api/grpc-route-match.ts';
import { callMatchNodes, callMatchProblems } from './call-matches.ts';

const pathOf = (method: Partial<GRPCMethodMatch>) => callMatchNodes({ matches: [{ method: { type: 'Exact', ...method } }] })[0]?.path;
const pattern = (method: Partial<GRPCMethodMatch>) => pathOf({ type: 'RegularExpression', ...method });

/** As Envoy does: the whole path. */
const takes = (method: Partial<GRPCMethodMatch>, path: string): boolean => RE2JS.compile(pattern(method)?.value ?? '').matches(path);

test('names are paths', () => {
  expect(pathOf({ service: 'shop.Cart', method: 'Add' })).toEqual({ type: 'Exact', value: '/shop.Cart/Add' });
  expect(pathOf({ service: 'shop.Cart' })).toEqual({ type: 'PathPrefix', value: '/shop.Cart' });
  expect(pathOf({ method: 'Add' })).toEqual({ type: 'RegularExpression', value: '/[^/]+/Add' });
});

test.each<[Partial<GRPCMethodMatch>, string, boolean]>([
  [{ service: 'shop\\..*', method: 'Add' }, '/shop.Cart/Add', true],
  [{ service: 'shop\\..*', method: 'Add' }, '/shop.Cart/AddAll', false],
  [{ service: 'a|b', method: 'X|Y' }, '/b/X', true],
  [{ service: 'a|b', method: 'X|Y' }, '/a', false],
  [{ service: '^shop$' }, '/shop/Add', true],
  [{ service: 'cost\\$' }, '/cost$/Add', true],
  [{ method: '^Get.*$' }, '/any.Service/GetAll', true],
  [{ method: 'Get' }, '/a/b/Get', false],
  [{ service: '', method: 'Get' }, '/a/Get', true],
])('pattern %j and %s: %s', (method, path, taken) => {
  expect(takes(method, path)).toBe(taken);
});

test('no names at all are every call', () => {
  for (const matches of [[], [{}], [{ method: { type: 'RegularExpression' as const, service: '' } }]]) {
    expect(callMatchNodes({ matches })).toEqual([{ path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] }]);
  }
});

test('patterns that are good by themselves may be too much together', () => {
  const half = '\\pL{10}';
  const matches = [{ method: { type: 'RegularExpression' as const, service: half, method: half } }];
  const problems = callMatchProblems({ matches }, 0);
  expect(problems).toEqual([
    expect.objectContaining({ message: expect.stringMatching(/^Field spec\.rules\[0\]\.matches\[0\]\.method: /) }),
  ]);
  const written = `/(?:${half})/(?:${half})`;
  expect(callMatchNodes({ matches })).toMatchObject([{ path: { type: 'RegularExpression', value: '/[\\s\\S]*', written } }]);
});
