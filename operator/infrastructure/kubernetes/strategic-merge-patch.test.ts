import type { JsonObject } from '../../../crds/json-schema.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

const POD: JsonObject = {
  containers: [
    { name: 'a', image: 'one', env: [{ name: 'X', value: '1' }], ports: [{ containerPort: 80, name: 'http' }] },
    { name: 'b', image: 'two', args: ['x', 'y'] },
  ],
  tolerations: [{ key: 'old' }],
  volumes: [{ name: 'v', secret: { secretName: 's' } }],
};

const patched = (patch: JsonObject): JsonObject => strategicMergePatch(POD, patch);

test('items of a list with a merge key go together by it, in the order of Kubernetes', () => {
  expect(patched({ containers: [{ name: 'b', image: 'new' }, { name: 'c' }] })).toMatchObject({
    containers: [{ name: 'a', image: 'one' }, { name: 'b', image: 'new', args: ['x', 'y'] }, { name: 'c' }],
  });
  expect(patched({ containers: [{ name: 'c' }, { name: 'a', env: [{ name: 'Y', value: '2' }] }] })).toMatchObject({
    containers: [{ name: 'c' }, { name: 'a', image: 'one', env: [{ name: 'Y' }, { name: 'X' }] }, { name: 'b' }],
  });
});

test('ports of a container are told apart by containerPort, those of a Service by port', () => {
  expect(patched({ containers: [{ name: 'a', ports: [{ containerPort: 80, hostPort: 8080 }] }] })['containers']).toMatchObject([
    { ports: [{ containerPort: 80, name: 'http', hostPort: 8080 }] },
    {},
  ]);
  const service = { ports: [{ name: 'http-80', port: 80, targetPort: 10_080 }] };
  expect(strategicMergePatch(service, { ports: [{ port: 80, nodePort: 30_080 }] })).toEqual({
    ports: [{ name: 'http-80', port: 80, targetPort: 10_080, nodePort: 30_080 }],
  });
});

test('lists without a merge key, and lists of plain values, are replaced', () => {
  expect(patched({ tolerations: [{ key: 'new' }] })['tolerations']).toEqual([{ key: 'new' }]);
  expect(patched({ containers: [{ name: 'b', args: ['z'] }] })['containers']).toMatchObject([{}, { args: ['z'] }]);
});

test('null and $patch: delete take out', () => {
  expect(patched({ tolerations: null, volumes: [{ name: 'v', $patch: 'delete' }], containers: [{ name: 'b', args: null }] })).toEqual({
    containers: [(POD['containers'] as readonly object[])[0], { name: 'b', image: 'two' }], // of the constant above
    volumes: [],
  });
  expect(strategicMergePatch({ a: { b: 1 }, c: 2 }, { a: { $patch: 'delete' } })).toEqual({ c: 2 });
});

test('$patch: replace keeps nothing of what was there', () => {
  expect(patched({ containers: [{ $patch: 'replace' }, { name: 'only' }] })['containers']).toEqual([{ name: 'only' }]);
  expect(strategicMergePatch({ a: { b: 1, c: 2 } }, { a: { $patch: 'replace', d: 3 } })).toEqual({ a: { d: 3 } });
});

test('$retainKeys leaves of the old only what it names', () => {
  expect(patched({ volumes: [{ name: 'v', $retainKeys: ['name', 'emptyDir'], emptyDir: {} }] })['volumes']).toEqual([
    { name: 'v', emptyDir: {} },
  ]);
});

test('directives leave no trace', () => {
  const patch = {
    '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
    volumes: [
      { name: 'w', $patch: 'delete' },
      { name: 'x', emptyDir: { $patch: 'replace' } },
    ],
  };
  expect(JSON.stringify(patched(patch))).not.toContain('$');
});

test('what is patched stays as it was', () => {
  const before = JSON.stringify(POD);
  patched({ containers: [{ name: 'a', env: null }], volumes: null });
  expect(JSON.stringify(POD)).toBe(before);
});
