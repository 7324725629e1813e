import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { isApplied } from './applied-fields.ts';
import { liveObject } from './live-object.ts';

const OWNED = {
  'f:metadata': { 'f:labels': { 'f:app': {} }, 'f:ownerReferences': { 'k:{"uid":"u"}': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:selector': {},
    'f:containers': {
      'k:{"name":"envoy"}': {
        '.': {},
        'f:name': {},
        'f:env': { 'k:{"name":"POD"}': { '.': {}, 'f:name': {}, 'f:valueFrom': { 'f:fieldRef': {} } } },
        'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
        'f:resources': { 'f:requests': { 'f:cpu': {} } },
      },
    },
    'f:finals': { 'v:"a"': {} },
    'f:volume': { 'f:emptyDir': {} },
  },
};

interface Changes {
  readonly spec?: object;
  readonly envoy?: object;
  readonly owned?: object;
}

const fieldRef = { fieldPath: 'metadata.name' };

function desired({ spec, envoy }: Changes = {}): KubernetesObject {
  const container = {
    name: 'envoy',
    env: [{ name: 'POD', valueFrom: { fieldRef } }],
    ports: [{ containerPort: 80 }],
    resources: { requests: { cpu: '0.1' } },
    ...envoy,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'x', namespace: 'ns', labels: { app: 'envoy' }, ownerReferences: [{ uid: 'u', kind: 'GatewayClass' }] },
    spec: { replicas: 2, selector: { app: 'envoy' }, containers: [container], finals: ['a'], volume: { emptyDir: {} }, ...spec },
  };
}

/** As the API server gives it back: with defaults, and with what others added. */
function live({ spec, envoy, owned = OWNED }: Changes = {}) {
  const container = {
    name: 'envoy',
    env: [{ name: 'POD', valueFrom: { fieldRef: { ...fieldRef, apiVersion: 'v1' } } }, { name: 'THEIRS' }],
    ports: [{ containerPort: 80, protocol: 'TCP' }],
    resources: { requests: { cpu: '100m' } },
    imagePullPolicy: 'Always',
    ...envoy,
  };
  const managedFields = [{ manager: 'envoy-gateway', operation: 'Apply', apiVersion: 'apps/v1', fieldsV1: owned }];
  const whole = {
    ...desired(),
    metadata: { ...desired().metadata, labels: { app: 'envoy', theirs: 'x' }, managedFields },
    spec: {
      replicas: 2,
      selector: { app: 'envoy' },
      containers: [{ name: 'sidecar' }, container],
      finals: ['b', 'a'],
      volume: { emptyDir: {} },
      paused: false,
      ...spec,
    },
  };
  return liveObject(whole);
}

test('defaults, other notations of amounts and what others added are no difference', () => {
  expect(isApplied(desired(), live())).toBe(true);
});

test('what is left out because it is empty is no difference', () => {
  const owned = { ...OWNED, 'f:spec': { ...OWNED['f:spec'], 'f:hostNetwork': {} } };
  expect(isApplied(desired({ spec: { hostNetwork: false } }), live({ owned }))).toBe(true);
  expect(isApplied(desired({ spec: { hostNetwork: true } }), live({ owned }))).toBe(false);
});

test.each<[string, Changes]>([
  ['a value', { spec: { replicas: 3 } }],
  ['a value inside of an element with a key', { envoy: { resources: { requests: { cpu: '0.2' } } } }],
  ['a field more', { spec: { paused: true } }],
  ['a field fewer', { spec: { replicas: undefined } }],
  ['an element more', { envoy: { ports: [{ containerPort: 80 }, { containerPort: 81 }] } }],
  ['an element of another protocol', { envoy: { ports: [{ containerPort: 80, protocol: 'UDP' }] } }],
  ['an element fewer', { envoy: { env: [] } }],
  ['an element of a set', { spec: { finals: ['b'] } }],
  ['a value that is taken whole', { spec: { selector: { app: 'envoy', more: 'x' } } }],
  ['less of such a value', { spec: { selector: {} } }],
  ['an amount more', { envoy: { resources: { requests: { cpu: '0.1', memory: '1Gi' } } } }],
])('%s is a difference where it is wanted otherwise', (_what, changes) => {
  expect(isApplied(desired(changes), live())).toBe(false);
});

test.each<[string, Changes]>([
  ['a value', { spec: { replicas: 9 } }],
  ['a list', { spec: { containers: [] } }],
  ['an amount', { envoy: { resources: { requests: { cpu: '1' } } } }],
  ['a value that is taken whole', { spec: { volume: { emptyDir: { medium: 'Memory' } } } }],
  ['whose a field is', { owned: { ...OWNED, 'f:spec': { ...OWNED['f:spec'], 'f:paused': {} } } }],
])('%s that somebody changed is a difference', (_what, changes) => {
  expect(isApplied(desired(), live(changes))).toBe(false);
});

test('what we never applied is different, whatever it looks like', () => {
  expect(isApplied(desired(), { ...live(), owned: undefined })).toBe(false);
});
