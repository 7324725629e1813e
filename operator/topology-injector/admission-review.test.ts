import { answerTo, parseBinding } from './admission-review.ts';

const review = (object: object = {}, request: object = {}): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u-1',
      namespace: 'home',
      name: 'proxy-1',
      object: { kind: 'Binding', metadata: { name: 'proxy-1' }, target: { kind: 'Node', name: 'node-a.example' }, ...object },
      ...request,
    },
  });

/** The patch as the API server reads it. */
function patchOf(answer: object): unknown {
  const { response } = answer as { readonly response: { readonly patch: string } }; // what answerTo writes
  return JSON.parse(Buffer.from(response.patch, 'base64').toString());
}

test('a Binding is read, and answered with the zone', () => {
  const binding = parseBinding(review());
  expect(binding).toEqual({ uid: 'u-1', pod: 'home/proxy-1', namespace: 'home', node: 'node-a.example', isAnnotated: false });
  if (binding === undefined) return;
  const answer = answerTo(binding, 'zone-a');
  expect(answer).toMatchObject({ kind: 'AdmissionReview', response: { uid: 'u-1', allowed: true, patchType: 'JSONPatch' } });
  expect(patchOf(answer)).toEqual([{ op: 'add', path: '/metadata/annotations', value: { 'topology.kubernetes.io/zone': 'zone-a' } }]);
  expect(answerTo(binding, undefined)).toEqual({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: 'u-1', allowed: true },
  });
});

test('annotations that are there stay', () => {
  const binding = parseBinding(review({ metadata: { name: 'proxy-1', annotations: { a: 'b' } } }));
  expect(binding && patchOf(answerTo(binding, 'zone-a'))).toEqual([
    { op: 'add', path: '/metadata/annotations/topology.kubernetes.io~1zone', value: 'zone-a' },
  ]);
});

test.each([
  ['no JSON', 'AdmissionReview'],
  ['no object', 'null'],
  ['nothing asked', '{}'],
  ['another kind', review({ kind: 'Pod' })],
  ['no node', review({ target: null })],
  ['a node with a way out of its path', review({ target: { name: '..' } })],
  ['a pod with a way out of its path', review({ metadata: { name: '../../secrets/a' } })],
  ['a namespace that is none', review({}, { namespace: 'home/pods' })],
  ['no name of the request', review({}, { uid: 1 })],
])('%s is not understood', (_what, body) => {
  expect(parseBinding(body)).toBeUndefined();
});
