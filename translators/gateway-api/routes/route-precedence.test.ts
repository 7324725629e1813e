import fc from 'fast-check';
import { comparePrecedence, type Precedence } from './route-precedence.ts';

const values = (name: string) =>
  fc
    .array(fc.constantFrom('Exact' as const, 'RegularExpression' as const), { maxLength: 2 })
    .map((types) => types.map((type, i) => ({ type, name: `${name}${i}`, value: 'v' })));

const names = fc.constantFrom('A', 'Bc');

const precedence: fc.Arbitrary<Precedence> = fc.record(
  {
    narrowedFrom: fc.nat(1),
    protocol: fc.constantFrom('http' as const, 'grpc' as const),
    match: fc.record(
      {
        path: fc.record({
          type: fc.constantFrom('Exact' as const, 'PathPrefix' as const, 'RegularExpression' as const),
          value: fc.constantFrom('/', '/a', '/a/', '/ab'),
        }),
        headers: values('h'),
        queryParams: values('q'),
        method: fc.constantFrom('GET', 'POST'),
        call: fc.record(
          { type: fc.constantFrom('Exact' as const, 'RegularExpression' as const), service: names, method: names },
          { requiredKeys: ['type'] },
        ),
      },
      { requiredKeys: ['path', 'headers', 'queryParams'] },
    ),
    age: fc.record({ created: fc.nat(1), key: fc.constantFrom('a/r', 'b/r') }),
    rule: fc.nat(1),
    matchOrdinal: fc.nat(1),
  },
  { requiredKeys: ['protocol', 'match', 'age', 'rule', 'matchOrdinal'] },
);

test('the order is total: antisymmetric and transitive', () => {
  fc.assert(
    fc.property(precedence, precedence, precedence, (a, b, c) => {
      expect(Math.sign(comparePrecedence(a, b))).toBe(-Math.sign(comparePrecedence(b, a)) + 0);
      if (comparePrecedence(a, b) <= 0 && comparePrecedence(b, c) <= 0) expect(comparePrecedence(a, c)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 500 },
  );
});

test('two matches of one set of routes never tie', () => {
  fc.assert(
    fc.property(precedence, precedence, (a, b) => {
      const samePlace = a.age.key === b.age.key && a.rule === b.rule && a.matchOrdinal === b.matchOrdinal;
      if (!samePlace) expect(comparePrecedence(a, { ...b, age: { ...b.age, created: b.age.created } })).not.toBe(0);
    }),
  );
});

const plain: Precedence = {
  protocol: 'http',
  match: { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] },
  age: { created: 5, key: 'ns/m' },
  rule: 1,
  matchOrdinal: 1,
};
const with_ = (match: Partial<Precedence['match']>): Precedence => ({ ...plain, match: { ...plain.match, ...match } });
const matches = (...types: readonly ('Exact' | 'RegularExpression')[]) => types.map((type, i) => ({ type, name: `n${i}`, value: 'v' }));

/** Each line comes before the next one (HTTPRouteRule, `matches`). */
const DESCENDING: readonly (readonly [string, Precedence])[] = [
  ['exact path', with_({ path: { type: 'Exact', value: '/a' } })],
  ['longer regular expression', with_({ path: { type: 'RegularExpression', value: '/a.*' } })],
  ['regular expression', with_({ path: { type: 'RegularExpression', value: '/.*' } })],
  ['longest prefix', with_({ path: { type: 'PathPrefix', value: '/a/b' } })],
  ['prefix', with_({ path: { type: 'PathPrefix', value: '/a/' } })],
  ['method', with_({ method: 'GET' })],
  ['two exact headers', with_({ headers: matches('Exact', 'Exact') })],
  ['two headers', with_({ headers: matches('Exact', 'RegularExpression') })],
  ['one header', with_({ headers: matches('Exact'), queryParams: matches('Exact', 'Exact') })],
  [
    'a pattern of a header and a query parameter',
    with_({ headers: matches('RegularExpression'), queryParams: matches('RegularExpression') }),
  ],
  ['one exact header', with_({ headers: matches('Exact') })],
  ['one pattern of a header', with_({ headers: matches('RegularExpression') })],
  ['two query parameters', with_({ queryParams: matches('Exact', 'Exact') })],
  ['one query parameter', with_({ queryParams: matches('Exact') })],
  ['older route', { ...plain, age: { created: 4, key: 'ns/z' } }],
  ['namespace/name', { ...plain, age: { created: 5, key: 'ns/a' }, rule: 7 }],
  ['rule in list order', { ...plain, rule: 0, matchOrdinal: 7 }],
  ['match in list order', { ...plain, matchOrdinal: 0 }],
  ['the last one', plain],
];

const call = (given: Precedence['match']['call'], more: Partial<Precedence['match']> = {}): Precedence => ({
  ...with_({ ...more, ...(given === undefined ? {} : { call: given }) }),
  protocol: 'grpc',
});

/** Each line comes before the next one (GRPCRouteRule, `matches`). */
const CALLS_DESCENDING: readonly (readonly [string, Precedence])[] = [
  ['longer service', call({ type: 'Exact', service: 'shop.v1.Carts', method: 'Add' })],
  ['longer method', call({ type: 'Exact', service: 'shop.Cart', method: 'AddAll' })],
  ['two headers', call({ type: 'Exact', service: 'shop.Cart', method: 'Add' }, { headers: matches('Exact', 'Exact') })],
  ['service and method', call({ type: 'Exact', service: 'shop.Cart', method: 'Add' })],
  ['patterns of both', call({ type: 'RegularExpression', service: '.*', method: '.*' }, { headers: matches('Exact') })],
  ['service', call({ type: 'Exact', service: 'shop.Cart' })],
  ['pattern of services', call({ type: 'RegularExpression', service: 'shop\\..*' })],
  ['method', call({ type: 'Exact', method: 'Add' }, { headers: matches('Exact', 'Exact') })],
  ['header', call(undefined, { headers: matches('Exact') })],
  ['older route', { ...call(undefined), age: { created: 4, key: 'ns/z' } }],
  ['everything', call(undefined)],
];

const neighbours = (list: readonly (readonly [string, Precedence])[]) =>
  list.slice(1).map(([name, lower], i) => [list[i]?.[0], name, list[i]?.[1] ?? plain, lower] as const);

test.each(neighbours(CALLS_DESCENDING))('of calls, %s comes before %s', (_first, _second, higher, lower) => {
  expect(comparePrecedence(higher, lower)).toBeLessThan(0);
});

test.each(neighbours(DESCENDING))('%s comes before %s', (_first, _second, higher, lower) => {
  expect(comparePrecedence(higher, lower)).toBeLessThan(0);
});

test('a slash at the end makes a prefix no longer', () => {
  expect(
    comparePrecedence(with_({ path: { type: 'PathPrefix', value: '/a/' } }), with_({ path: { type: 'PathPrefix', value: '/a' } })),
  ).toBe(0);
});
