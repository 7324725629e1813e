import { endpointYaml } from '../harness/backends.ts';
import { freePort } from '../harness/free-port.ts';
import { startGrpcSpanCollector } from '../harness/span-collector.ts';
import { caConfigMapYaml, makeTestAuthority } from '../harness/test-authority.ts';
import {
  collectorYaml,
  enabled,
  flushed,
  POLICY,
  passedOn,
  startTracedFleet,
  type TracedFleet,
  telemetryYaml,
} from '../harness/traced-fleet.ts';

let world: TracedFleet;

beforeAll(async () => {
  world = await startTracedFleet();
}, 60_000);
afterAll(() => world.stop());

/** A status with this condition of the Gateway. */
const ancestor = (condition: object) => ({
  ancestors: [{ ancestorRef: { name: 'gw' }, conditions: expect.arrayContaining([expect.objectContaining(condition)]) }],
});

const grantYaml = (kind: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: { name: spans, namespace: observability }
spec:
  from: [{ group: ${kind.startsWith('X') ? 'gateway.networking.x-k8s.io' : 'gateway.networking.k8s.io'}, kind: ${kind}, namespace: default }]
  to: [{ group: "", kind: Service }]
`;

const statusOf = (key: string) => world.fleet.controlPlane().status('XTelemetryPolicy', key);

test('a span arrives with the name of the service, its own name and what the policy adds', async () => {
  const attributes = [
    '{ name: deployment.environment.name, sourceType: Literal, literalValue: "100% %REQ(:METHOD)%" }',
    '{ name: user, sourceType: Header, headerName: X-User }',
    '{ name: from.response, sourceType: Header, headerName: Content-Type }',
    '{ name: nobody, sourceType: Header, headerName: X-Nobody }',
    '{ name: odd, sourceType: Header, headerName: "x-50%-off" }',
    '{ name: method, sourceType: Attribute, attributeKey: http.request.method }',
    '{ name: code, sourceType: Attribute, attributeKey: http.response.status_code }',
    '{ name: path, sourceType: Attribute, attributeKey: url.path }',
    '{ name: query, sourceType: Attribute, attributeKey: url.query }',
    '{ name: version, sourceType: Attribute, attributeKey: network.protocol.version }',
  ].join(', ');
  const headers = ', headers: [{ name: Authorization, value: Bearer 5 }]';
  await world.apply(
    telemetryYaml(enabled(`, serviceName: edge, spanName: entry of shop, attributes: [${attributes}]`, undefined, headers)),
  );
  const { path, span } = await world.request({ 'x-user': 'me', 'x-50%-off': 'yes' });
  const { attributes: said, ...whole } = await span();
  expect(whole).toMatchObject({
    name: 'entry of shop',
    by: 'grpc',
    resource: { 'service.name': 'edge' },
    headers: { authorization: 'Bearer 5' },
  });
  expect(said).toMatchObject({
    'deployment.environment.name': '100% %REQ(:METHOD)%',
    user: 'me',
    'from.response': 'application/json',
    odd: 'yes',
    method: 'GET',
    code: '200',
    path,
    query: 'more=1',
    version: '1.1',
  });
  expect(Object.keys(said)).not.toContain('nobody');
});

test('a new trace begins where there is none, and the backend is told of it', async () => {
  await world.apply(telemetryYaml(enabled()));
  const { answer, span } = await world.request();
  const { traceId, parentSpanId, resource } = await span();
  expect(passedOn(answer)).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  expect(parentSpanId).toBe('');
  expect(resource['service.name']).toBe('gw.default');
});

test('OTLP goes over HTTP to the port that it has there, and to what says that it speaks HTTP', async () => {
  const headers = ', headers: [{ name: X-Tenant, value: "50% of %REQ(x)%" }]';
  await world.apply(telemetryYaml(enabled('', 'name: by-http, port: 4318', headers)));
  const { span } = await world.request({}, world.http);
  expect(await span()).toMatchObject({
    by: 'http',
    headers: { host: 'by-http.default:4318', 'x-tenant': '50% of %REQ(x)%' },
  });
  await world.apply(collectorYaml('says-http', { port: 80, more: ', appProtocol: http' }) + endpointYaml('says-http', world.http.port));
  await world.apply(telemetryYaml(enabled('', 'name: says-http, port: 80')));
  const other = await world.request({}, world.http);
  expect((await other.span()).headers).toMatchObject({ host: 'says-http.default:80' });
});

test('Disabled and the default trace nothing, and what clients say goes on as it is', async () => {
  for (const mode of ['Disabled', 'ImplementationDefault']) {
    await world.apply(telemetryYaml(`mode: ${mode}`));
    const said = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01' };
    const { answer, count } = await world.request(said);
    await flushed();
    expect([passedOn(answer), count()]).toEqual([said.traceparent, 0]);
  }
});

test('the older of two policies holds, and the other says so until it goes', async () => {
  await world.apply(telemetryYaml(enabled(', serviceName: older')));
  await world.apply(telemetryYaml(enabled(', serviceName: younger'), 'another', '2026-01-02T00:00:00Z'));
  expect((await (await world.request()).span()).resource['service.name']).toBe('older');
  expect(statusOf('default/another')).toMatchObject(ancestor({ type: 'Accepted', status: 'False', reason: 'Conflicted' }));
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'Accepted', status: 'True', reason: 'Accepted' }));
  await world.remove('XTelemetryPolicy', POLICY);
  expect((await (await world.request()).span()).resource['service.name']).toBe('younger');
  expect(statusOf('default/another')).toMatchObject(ancestor({ type: 'Accepted', status: 'True', reason: 'Accepted' }));
  await world.remove('XTelemetryPolicy', 'default/another');
  expect(await world.traced(4)).toBe(0);
});

test('into another namespace spans go by leave of a ReferenceGrant only', async () => {
  const far =
    collectorYaml('far', { port: 4317, namespace: 'observability' }) +
    endpointYaml('far', world.grpc.port).replace('{ name: far-1', '{ name: far-1, namespace: observability');
  await world.apply(far + telemetryYaml(enabled('', 'name: far, namespace: observability, port: 4317')));
  expect(await world.traced(4)).toBe(0);
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'ResolvedRefs', status: 'False', reason: 'RefNotPermitted' }));
  await world.apply(grantYaml('XTelemetryPolicy'));
  expect(await world.traced(4)).toBe(4);
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs' }));
  await world.apply(grantYaml('HTTPRoute'));
  expect(await world.traced(4)).toBe(0);
});

test('spans go over TLS where the BackendTLSPolicy of the collector asks for it, and nowhere when it cannot be honoured', async () => {
  const authority = await makeTestAuthority();
  const secure = await startGrpcSpanCollector(await authority.issue('spans.example.com'));
  const tls = `---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: { name: secure }
spec:
  targetRefs: [{ group: "", kind: Service, name: secure }]
  validation: { hostname: spans.example.com, caCertificateRefs: [{ group: "", kind: ConfigMap, name: ca }] }
`;
  try {
    await world.apply(collectorYaml('secure', { port: 4317 }) + endpointYaml('secure', secure.port) + tls);
    await world.apply(telemetryYaml(enabled('', 'name: secure, port: 4317')));
    expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'ResolvedRefs', status: 'False', reason: 'InvalidBackendTLS' }));
    await world.request();
    await world.apply(caConfigMapYaml('ca', authority.certificate));
    const { span } = await world.request({}, secure);
    expect(await span()).toMatchObject({ by: 'grpc' });
    const policy = world.fleet.controlPlane().status('BackendTLSPolicy', 'default/secure');
    expect(policy).toMatchObject(ancestor({ type: 'Accepted', status: 'True', reason: 'Accepted' }));
  } finally {
    await secure.close();
  }
});

test('no request fails where nobody takes the spans, nor where the collector does not exist', async () => {
  await world.apply(telemetryYaml(enabled('', 'name: gone, port: 4317')));
  expect(await world.traced(8)).toBe(0);
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound' }));
  // A Service without endpoints, one with an endpoint where nobody listens, and one that takes no spans.
  const deaf = await freePort();
  const away =
    collectorYaml('empty', { port: 4317 }) +
    collectorYaml('deaf', { port: 4317 }) +
    endpointYaml('deaf', deaf) +
    collectorYaml('other', { port: 4318 }) +
    endpointYaml('other', world.backends.port('one'));
  await world.apply(away);
  for (const ref of ['name: empty, port: 4317', 'name: deaf, port: 4317', 'name: other, port: 4318']) {
    await world.apply(telemetryYaml(enabled('', ref)));
    for (let i = 0; i < 20; i += 1) await world.request();
    expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs' }));
  }
}, 60_000);

test('a policy that is no good changes nothing', async () => {
  await world.apply(telemetryYaml(enabled(', serviceName: good')));
  const wrong = '{ name: x, sourceType: Attribute, attributeKey: http.route }';
  await world.apply(telemetryYaml(enabled(`, attributes: [${wrong}]`), 'wrong', '2025-01-01T00:00:00Z'));
  expect((await (await world.request()).span()).resource['service.name']).toBe('good');
  expect(statusOf('default/wrong')).toMatchObject(ancestor({ type: 'Accepted', status: 'False', reason: 'Invalid' }));
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'Accepted', status: 'True', reason: 'Accepted' }));
});
