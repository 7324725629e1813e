import { complaints } from '../testing/admission-of.ts';
import { admit } from '../validate.ts';

const metadata = { name: 'a' };

test('a Service may say more than we read', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { ports: [{ port: 80, nodePort: 30_000 }], sessionAffinity: 'None' },
  };
  expect(admit(service)).toMatchObject({
    ok: true,
    value: { spec: { type: 'ClusterIP', sessionAffinity: 'None', ports: [{ port: 80, nodePort: 30_000, protocol: 'TCP' }] } },
  });
  expect(complaints({ ...service, spec: { ports: [{ name: 'http' }] } })).toEqual(['spec.ports[0].port: is missing']);
});

test('an EndpointSlice without lists has empty ones', () => {
  const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4' };
  expect(admit({ ...slice, endpoints: null })).toMatchObject({ ok: true, value: { endpoints: [], ports: [] } });
  expect(admit({ ...slice, endpoints: [{ addresses: ['127.0.0.1'] }], ports: [{ port: 80 }] })).toMatchObject({
    ok: true,
    value: { endpoints: [{ conditions: {} }], ports: [{ name: '', protocol: 'TCP' }] },
  });
  expect(complaints({ ...slice, endpoints: [{ addresses: [] }] })).toEqual(['endpoints[0].addresses: must have at least 1 item, not 0']);
  expect(complaints({ ...slice, endpoint: [] })).toEqual(['endpoint: unknown field; did you mean endpoints?']);
});

test('a Pod is taken as it is dumped, and as it is written', () => {
  const written = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, creationTimestamp: null },
    spec: { containers: [] },
    status: {},
  };
  expect(admit(written)).toMatchObject({ ok: true, value: { metadata: { namespace: 'default' }, status: {} } });
  const status = {
    phase: 'Running',
    podIP: '10.0.0.1',
    podIPs: [{ ip: '10.0.0.1' }],
    conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' }],
    containerStatuses: [{ name: 'c', restartCount: 0 }],
  };
  const { ok } = admit({ ...written, status, unknown: 1 });
  expect(ok).toBe(true);
  expect(complaints({ ...written, status: { podIP: 1 } })).toEqual(['status.podIP: must be a string, not 1']);
});

test("a Secret's stringData goes into its data, and wins; messages never repeat a value", () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: { a: 'YQ==', b: 'Yg==' }, stringData: { b: 'ü' } };
  expect(admit(secret)).toEqual({
    ok: true,
    value: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a', namespace: 'default' },
      type: 'Opaque',
      data: { a: 'YQ==', b: 'w7w=' },
    },
  });
  expect(complaints({ ...secret, stringData: { b: 1 } })).toEqual(['stringData.b: must be a string']);
  expect(complaints({ ...secret, data: { a: 'not base64' } })).toEqual(['data.a: must be base64']);
});

test('a ConfigMap holds text, a Namespace no namespace', () => {
  expect(complaints({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 1 } })).toEqual(['data.a: must be a string, not 1']);
  expect(admit({ apiVersion: 'v1', kind: 'Namespace', metadata })).toEqual({
    ok: true,
    value: { apiVersion: 'v1', kind: 'Namespace', metadata },
  });
});
