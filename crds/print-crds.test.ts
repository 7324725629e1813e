import { parseAllDocuments } from 'yaml';
import { isObject } from './json-schema.ts';
import { KINDS, kindOf } from './kinds.ts';
import { customResourceDefinitions, printCrds } from './print-crds.ts';

/** As kubectl reads it. */
const PRINTED: readonly unknown[] = parseAllDocuments(printCrds(), { version: '1.1' }).map((document) => document.toJS());

/** Every schema in a schema, with its path. */
const schemasIn = function* (schema: unknown, path: string): Iterable<readonly [string, Readonly<Record<string, unknown>>]> {
  if (!isObject(schema)) return;
  yield [path, schema];
  const { properties, items, additionalProperties } = schema;
  for (const [name, property] of Object.entries(isObject(properties) ? properties : {})) yield* schemasIn(property, `${path}.${name}`);
  yield* schemasIn(items, `${path}[]`);
  yield* schemasIn(additionalProperties, `${path}{}`);
};

test('the stream is what was meant, also to a reader for whom a bare off is a boolean', () => {
  expect(PRINTED).toEqual(JSON.parse(JSON.stringify(customResourceDefinitions())));
});

test('every kind of ours is there, with its names and its status', () => {
  expect(PRINTED).toEqual([
    expect.objectContaining({
      metadata: { name: 'envoyproxies.gateway.envoyproxy.io' },
      spec: expect.objectContaining({
        names: expect.objectContaining({ kind: 'EnvoyProxy', shortNames: ['eproxy'], categories: ['envoy-gateway'] }),
        versions: [expect.objectContaining({ name: 'v1alpha1', served: true, storage: true, subresources: { status: {} } })],
      }),
    }),
  ]);
});

test('schemas are structural, and nothing of our own is in them', () => {
  for (const definition of PRINTED) {
    const [version] = (definition as { spec: { versions: { schema: { openAPIV3Schema: unknown } }[] } }).spec.versions;
    const all = [...schemasIn(version?.schema.openAPIV3Schema, '')];
    expect(all.length).toBeGreaterThan(100);
    const shapeless = all.filter(
      ([, schema]) => !('type' in schema || 'x-kubernetes-int-or-string' in schema || 'x-kubernetes-preserve-unknown-fields' in schema),
    );
    expect(shapeless.map(([path]) => path)).toEqual([]);
    const foreign = all.filter(([, schema]) => Object.keys(schema).some((key) => key.startsWith('x-gatehouse') || key.startsWith('~')));
    expect(foreign.map(([path]) => path)).toEqual([]);
  }
});

test('a kind is found by each of its versions, and by no other', () => {
  for (const kind of KINDS) {
    for (const version of kind.versions) expect(kindOf(kind.group === '' ? version : `${kind.group}/${version}`, kind.kind)).toBe(kind);
    expect(kindOf('example.com/v1', kind.kind)).toBeUndefined();
  }
  expect(kindOf('gateway.networking.k8s.io/v1', 'Service')).toBeUndefined();
});
