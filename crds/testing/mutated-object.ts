import fc from 'fast-check';
import { isObject } from '../json-schema.ts';

type Container = Record<string, unknown> | unknown[];

/** One place in a document: the container and the key in it. */
interface Place {
  readonly container: Container;
  readonly key: string;
}

interface Mutation {
  readonly at: number;
  readonly action: 'replace' | 'remove' | 'repeat' | 'add';
  readonly value: unknown;
}

/** Words that are right somewhere, and therefore wrong in many other places. */
const WORDS = [
  ...[
    '',
    'a',
    'A b',
    'Ä',
    '*',
    '-',
    '.',
    '/',
    '//',
    '/a/../b',
    '%2F',
    '#',
    '*.example.com',
    'https://a.b',
    'x'.repeat(300),
    'x'.repeat(5000),
  ],
  ...[
    'GET',
    'HTTP',
    'HTTPS',
    'TLS',
    'Exact',
    'PathPrefix',
    'RegularExpression',
    'Terminate',
    'Passthrough',
    'Selector',
    'Same',
    'Hostname',
  ],
  ...['RequestRedirect', 'URLRewrite', 'CORS', 'ReplacePrefixMatch', 'Session', 'Header', 'Service', 'Gateway', 'Secret', 'default'],
  ...['10.0.0.1', '::1', '1.2.3', '0s', '1h30m', '99999h', '1.5s', 'true', '1', 'off', 'Gi', '1Gi'],
];

const NUMBERS = [0, 1, -1, 1.5, 2, 16, 80, 99, 100, 443, 500, 600, 65_535, 65_536, 1_000_001, 2 ** 31, 2 ** 40, -(2 ** 31)];

const value = fc.oneof(
  fc.constantFrom<unknown>(...WORDS),
  fc.constantFrom<unknown>(...NUMBERS),
  fc.constantFrom<unknown>(null, true, false),
  fc.constantFrom<unknown>({}, [], [null], [{}], ['a', 'a'], { name: 'a' }, { value: '/' }, { type: 'x' }),
);

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(1000),
  action: fc.constantFrom('replace', 'remove', 'repeat', 'add'),
  value,
});

/** One of the bases with up to three places of its spec changed: often wrong, often still right, never far from what people write. */
export const mutatedObject = <T extends { readonly spec: unknown }>(bases: readonly T[]): fc.Arbitrary<T> =>
  fc.tuple(fc.constantFrom(...bases), fc.array(mutation, { maxLength: 3 })).map(([base, mutations]) => {
    const copy = structuredClone(base);
    for (const one of mutations) apply(one, placesIn(copy.spec));
    return copy;
  });

const placesIn = (root: unknown): readonly Place[] => {
  if (!isContainer(root)) return [];
  return Object.entries(root).flatMap(([key, inner]) => [{ container: root, key }, ...placesIn(inner)]);
};

const isContainer = (value: unknown): value is Container => Array.isArray(value) || isObject(value);

const apply = ({ at, action, value }: Mutation, places: readonly Place[]): void => {
  const place = places[at % places.length];
  if (place === undefined) return;
  const { container, key } = place;
  const changed = structuredClone(value);
  if (Array.isArray(container)) changeItem(container, Number(key), action, changed);
  else changeField(container, key, action, changed);
};

const changeItem = (items: unknown[], index: number, action: Mutation['action'], value: unknown): void => {
  if (action === 'remove') items.splice(index, 1);
  else if (action === 'repeat') items.push(structuredClone(items[index]));
  else if (action === 'add') items.push(value);
  else items[index] = value;
};

const changeField = (fields: Record<string, unknown>, key: string, action: Mutation['action'], value: unknown): void => {
  if (action === 'remove') delete fields[key];
  else if (action === 'repeat') fields[`${key}s`] = structuredClone(fields[key]);
  else if (action === 'add') fields['surplus'] = value;
  else fields[key] = value;
};
