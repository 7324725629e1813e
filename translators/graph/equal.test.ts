import fc from 'fast-check';
import { equal } from './equal.ts';

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

test.each([
  ['numbers', 1, 1],
  ['NaN', Number.NaN, Number.NaN],
  ['nested objects', { a: [{ b: 1n }] }, { a: [{ b: 1n }] }],
  ['objects of another field order', { a: 1, b: 2 }, { b: 2, a: 1 }],
  ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ['empty bytes', new Uint8Array(), new Uint8Array()],
  [
    'maps of another order',
    new Map([
      ['a', [1]],
      ['b', [2]],
    ]),
    new Map([
      ['b', [2]],
      ['a', [1]],
    ]),
  ],
  ['sets', new Set([1, 2]), new Set([2, 1])],
  ['sets of objects', new Set([{ a: 1 }]), new Set([{ a: 1 }])],
  ['dates', new Date(7), new Date(7)],
  ['objects with and without prototype', { a: 1 }, Object.assign(Object.create(null), { a: 1 })],
  ['objects of another realm', { a: { b: 1 } }, structuredClone({ a: { b: 1 } })],
  ['objects of one class', new Point(1), new Point(1)],
])('equal: %s', (_what, a, b) => {
  expect(equal(a, b)).toBe(true);
});

test.each([
  ['number and string', 1, '1'],
  ['null and object', null, {}],
  ['null and undefined', null, undefined],
  ['a field more', { a: 1 }, { a: 1, b: undefined }],
  ['another field name', { a: undefined }, { b: undefined }],
  ['an inherited name', { toString: undefined }, {}],
  ['length of arrays', [1], [1, 2]],
  ['array and object', [], {}],
  ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  ['length of bytes', new Uint8Array([1]), new Uint8Array([1, 0])],
  ['values of maps', new Map([['a', 1]]), new Map([['a', 2]])],
  ['keys of maps', new Map([['a', undefined]]), new Map([['b', undefined]])],
  ['sets', new Set([1]), new Set([2])],
  ['sets whose members equal one of the other only', new Set([{ a: 1 }, { ...{ a: 1 } }]), new Set([{ a: 1 }, { a: 2 }])],
  ['dates', new Date(7), new Date(8)],
  ['class and plain object', new Point(1), { x: 1 }],
  ['functions', () => 1, () => 1],
])('not equal: %s', (_what, a, b) => {
  expect(equal(a, b)).toBe(false);
  expect(equal(b, a)).toBe(false);
});

// JSON knows no -0, so a copy by JSON loses it.
const plainData = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));

test('any plain data equals its copy, and two equal things have one JSON', () => {
  fc.assert(fc.property(plainData, (value) => equal(value, JSON.parse(JSON.stringify(value)))));
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_k, v: unknown) =>
      isRecord(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v,
    );
  fc.assert(fc.property(plainData, plainData, (a, b) => equal(a, b) === (sorted(a) === sorted(b))));
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
