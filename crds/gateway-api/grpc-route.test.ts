import { admitted, complaints } from '../testing/admission-of.ts';

const route = (spec: object): object => ({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GRPCRoute', metadata: { name: 'r' }, spec });
const matching = (method: object): object => route({ rules: [{ matches: [{ method }] }] });

test('no rule and no match is filled in', () => {
  expect(admitted(route({}))).toEqual({});
  expect(admitted(route({ rules: [{ backendRefs: [{ name: 's', port: 80 }] }] }))).toEqual({
    rules: [{ backendRefs: [{ group: '', kind: 'Service', name: 's', port: 80, weight: 1 }] }],
  });
  expect(admitted(matching({ service: 'shop.v1.Cart' }))).toEqual({
    rules: [{ matches: [{ method: { type: 'Exact', service: 'shop.v1.Cart' } }] }],
  });
});

const AT = 'spec.rules[0].matches[0].method';

test.each<[string, object, string]>([
  ['neither name', {}, `${AT}: One or both of 'service' or 'method' must be specified`],
  [
    'a service with a slash',
    { service: 'a/b' },
    `${AT}: service must only contain valid characters (matching ^(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*$)`,
  ],
  ['an empty method', { method: '' }, `${AT}: method must only contain valid characters (matching ^[A-Za-z_][A-Za-z_0-9]*$)`],
])('refuses %s', (_, method, complaint) => {
  expect(complaints(matching(method))).toEqual([complaint]);
});

test('patterns are free', () => {
  expect(complaints(matching({ type: 'RegularExpression', service: '(', method: '' }))).toEqual([]);
});

test('filters of an HTTPRoute only are refused', () => {
  const filters = [{ type: 'RequestRedirect', requestRedirect: {} }];
  expect(complaints(route({ rules: [{ filters }] })).length).toBeGreaterThan(0);
});

test('at most 128 matches in all, a name once', () => {
  const rules = (count: number) => Array.from({ length: count }, () => ({ matches: Array.from({ length: 43 }, () => ({})) }));
  expect(complaints(route({ rules: [...rules(2), {}] }))).toEqual([]);
  expect(complaints(route({ rules: rules(3) }))).toEqual([expect.stringMatching(/^spec\.rules: .*must be less than 128$/)]);
  expect(complaints(route({ rules: [{ name: 'a' }, { name: 'a' }] }))).toEqual(['spec.rules: Rule name must be unique within the route']);
});
