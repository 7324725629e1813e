import { randomBytes } from 'node:crypto';
import type { JsonObject } from '@bufbuild/protobuf';
import { KNOWN_ATTRIBUTES } from '../../translators/gateway-api/telemetry/span-attributes.ts';
import { type Answer, ask, echoOf } from '../harness/ask.ts';
import { type Backends, backendsYaml, endpointYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { freePort } from '../harness/free-port.ts';
import { httpRouteYaml } from '../harness/route-yaml.ts';
import { type CollectedSpan, type SpanCollector, startGrpcSpanCollector, startHttpSpanCollector } from '../harness/span-collector.ts';
import { until } from '../harness/until.ts';

const HOST = 'traced.example.com';
const POLICY = 'default/traces';

/** A collector's Service, by the port that OTLP has over gRPC or HTTP. */
const collectorYaml = (
  name: string,
  { port, namespace = 'default', more = '' }: { port: number; namespace?: string; more?: string },
) => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ports: [{ name: http, port: ${port}${more} }] }
`;

const policyYaml = (tracing: string, name = 'traces', created = '2026-01-01T00:00:00Z'): string => `---
apiVersion: gateway.networking.x-k8s.io/v1alpha1
kind: XTelemetryPolicy
metadata: { name: ${name}, creationTimestamp: "${created}" }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: gw }]
  tracing: { ${tracing} }
`;
const enabled = (more = '', ref = 'name: collector, port: 4317', headers = ''): string =>
  `mode: Enabled, provider: { backendRef: { ${ref} }${headers} }${more}`;

/** Spans go out one by one, and soon. */
const atOnce = (bootstrap: JsonObject): JsonObject => ({
  ...bootstrap,
  layeredRuntime: {
    layers: [{ name: 'test', staticLayer: { 'tracing.opentelemetry.min_flush_spans': 1, 'tracing.opentelemetry.flush_interval_ms': 100 } }],
  },
});

let backends: Backends;
let fleet: Fleet;
let grpc: SpanCollector;
let http: SpanCollector;

beforeAll(async () => {
  [backends, grpc, http] = await Promise.all([startBackends('one'), startGrpcSpanCollector(), startHttpSpanCollector()]);
  fleet = await startFleet({
    objects:
      gatewayYaml('{ name: http, port: 80, protocol: HTTP }') +
      backendsYaml(backends, 'one') +
      httpRouteYaml('one', ['{ backendRefs: [{ name: one, port: 8080 }] }'], HOST) +
      collectorYaml('collector', { port: 4317 }) +
      endpointYaml('collector', grpc.port) +
      collectorYaml('by-http', { port: 4318 }) +
      endpointYaml('by-http', http.port),
    bootstrap: atOnce,
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([grpc.close(), http.close(), backends.stopAll()]);
});

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask({ port: fleet.port(80), host: HOST, path, headers });

let asked = 0;
/** A request to a path of its own. */
async function request(headers: Readonly<Record<string, string>> = {}, of = grpc) {
  asked += 1;
  const path = `/asked-${asked}`;
  const answer = await get(`${path}?more=1`, headers);
  expect(answer.status).toBe(200);
  const has = (span: CollectedSpan): boolean => span.attributes['http.url']?.includes(`${path}?`) === true;
  return { answer, path, span: () => until(`a span of ${path}`, async () => of.spans.find(has)), count: () => of.spans.filter(has).length };
}

/** How many of so many requests are traced. */
async function traced(count: number, headers: () => Readonly<Record<string, string>> = () => ({})): Promise<number> {
  const requests = await Promise.all(Array.from({ length: count }, () => request(headers())));
  // What comes last goes out last.
  await flushed();
  return requests.filter((each) => each.count() > 0).length;
}

/** Everything that is traced has been sent: exports are every 100 ms. */
const flushed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000));

/** W3C Trace Context. */
const parent = (sampled: boolean): { readonly traceparent: string } => ({
  traceparent: `00-${randomBytes(16).toString('hex')}-00f067aa0ba902b7-${sampled ? '01' : '00'}`,
});
/** Whether the backend is told to trace. */
const passedOn = (answer: Answer): string | undefined => echoOf(answer).headers['Traceparent']?.[0];

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

const statusOf = (key: string) => fleet.controlPlane().status('XTelemetryPolicy', key);

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
  await fleet.apply(policyYaml(enabled(`, serviceName: edge, spanName: entry of shop, attributes: [${attributes}]`, undefined, headers)));
  const { path, span } = await request({ 'x-user': 'me', 'x-50%-off': 'yes' });
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
  await fleet.apply(policyYaml(enabled()));
  const { answer, span } = await request();
  const { traceId, parentSpanId, resource } = await span();
  expect(passedOn(answer)).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  expect(parentSpanId).toBe('');
  expect(resource['service.name']).toBe('gw.default');
});

test('every attribute that there is has a value where the request has it', async () => {
  const keys = KNOWN_ATTRIBUTES.map((key) => key.replace('<name>', key.startsWith('http.request') ? 'x-user' : 'content-type'));
  const attributes = keys.map((key) => `{ name: got.${key}, sourceType: Attribute, attributeKey: ${key} }`).join(', ');
  await fleet.apply(policyYaml(enabled(`, attributes: [${attributes}]`)));
  const { path, span } = await request({ 'x-user': 'me', 'user-agent': 'test' });
  const said = (await span()).attributes;
  const got = Object.fromEntries(keys.flatMap((key) => (said[`got.${key}`] === undefined ? [] : [[key, said[`got.${key}`]]])));
  expect(got).toMatchObject({
    'client.address': '127.0.0.1',
    'http.request.body.size': '0',
    'http.request.header.x-user': 'me',
    'http.response.header.content-type': 'application/json',
    'http.response.status_code': '200',
    'network.local.address': '127.0.0.1',
    'network.local.port': String(fleet.port(80)),
    'network.peer.address': '127.0.0.1',
    'network.protocol.name': 'http',
    'network.transport': 'tcp',
    'url.full': `http://${HOST}${path}?more=1`,
    'url.scheme': 'http',
    'user_agent.original': 'test',
  });
  const missing = keys.filter((key) => got[key] === undefined);
  expect(missing.filter((key) => !/^(tls|rpc)\./.test(key))).toEqual([]);
});

test('OTLP goes over HTTP to the port that it has there, and to what says that it speaks HTTP', async () => {
  const headers = ', headers: [{ name: X-Tenant, value: "50% of %REQ(x)%" }]';
  await fleet.apply(policyYaml(enabled('', 'name: by-http, port: 4318', headers)));
  const { span } = await request({}, http);
  expect(await span()).toMatchObject({
    by: 'http',
    headers: { host: 'by-http.default:4318', 'x-tenant': '50% of %REQ(x)%' },
  });
  await fleet.apply(collectorYaml('says-http', { port: 80, more: ', appProtocol: http' }) + endpointYaml('says-http', http.port));
  await fleet.apply(policyYaml(enabled('', 'name: says-http, port: 80')));
  const other = await request({}, http);
  expect((await other.span()).headers).toMatchObject({ host: 'says-http.default:80' });
});

test('parents decide unless they are not to, and the rate is that of new traces', async () => {
  await fleet.apply(policyYaml(enabled(', samplingRate: { numerator: 0 }')));
  expect(await traced(8)).toBe(0);
  expect(await traced(8, () => parent(true))).toBe(8);
  const { answer } = await request(parent(false));
  expect(passedOn(answer)).toMatch(/-00$/);
  await fleet.apply(policyYaml(enabled(', samplingRate: { numerator: 1, denominator: 2 }')));
  const half = await traced(100);
  expect(half).toBeGreaterThan(20);
  expect(half).toBeLessThan(80);
  expect(await traced(8, () => parent(false))).toBe(0);
}, 60_000);

test('of what parents decided a share can be taken, whatever the rate of new traces is', async () => {
  const halfOfParents = 'parentBasedSampling: { mode: Enabled, samplingRate: { numerator: 1, denominator: 2 } }';
  await fleet.apply(policyYaml(enabled(`, ${halfOfParents}`)));
  expect(await traced(8)).toBe(8);
  expect(await traced(8, () => parent(false))).toBe(0);
  const half = await traced(100, () => parent(true));
  expect(half).toBeGreaterThan(20);
  expect(half).toBeLessThan(80);
  await fleet.apply(policyYaml(enabled(`, samplingRate: { numerator: 0 }, ${halfOfParents}`)));
  expect(await traced(8)).toBe(0);
  await fleet.apply(policyYaml(enabled(', parentBasedSampling: { mode: Enabled, samplingRate: { numerator: 0 } }')));
  expect(await traced(8, () => parent(true))).toBe(0);
  expect(await traced(8)).toBe(8);
}, 60_000);

test('where parents are not followed, the rate holds for all', async () => {
  const alone = 'parentBasedSampling: { mode: Disabled }';
  await fleet.apply(policyYaml(enabled(`, ${alone}`)));
  expect(await traced(8, () => parent(false))).toBe(8);
  await fleet.apply(policyYaml(enabled(`, ${alone}, samplingRate: { numerator: 0 }`)));
  expect(await traced(8, () => parent(true))).toBe(0);
  await fleet.apply(policyYaml(enabled(`, ${alone}, samplingRate: { numerator: 1, denominator: 2 }`)));
  // Clients choose the IDs of their traces, and do not choose with them whether they are traced.
  const half = await traced(100, () => ({ traceparent: '00-00000000000000000000000000000001-00f067aa0ba902b7-01' }));
  expect(half).toBeGreaterThan(20);
  expect(half).toBeLessThan(80);
}, 60_000);

test('clients cannot ask for traces by headers of Envoy', async () => {
  await fleet.apply(policyYaml(enabled(', samplingRate: { numerator: 0 }')));
  const headers = { 'x-client-trace-id': randomBytes(16).toString('hex'), 'x-envoy-force-trace': 'true' };
  expect(await traced(8, () => headers)).toBe(0);
});

test('Disabled and the default trace nothing, and what clients say goes on as it is', async () => {
  for (const mode of ['Disabled', 'ImplementationDefault']) {
    await fleet.apply(policyYaml(`mode: ${mode}`));
    const said = parent(true);
    const { answer, count } = await request(said);
    await flushed();
    expect([passedOn(answer), count()]).toEqual([said.traceparent, 0]);
  }
});

test('the older of two policies holds, and the other says so until it goes', async () => {
  await fleet.apply(policyYaml(enabled(', serviceName: older')));
  await fleet.apply(policyYaml(enabled(', serviceName: younger'), 'another', '2026-01-02T00:00:00Z'));
  expect((await (await request()).span()).resource['service.name']).toBe('older');
  expect(statusOf('default/another')).toMatchObject(ancestor({ type: 'Accepted', status: 'False', reason: 'Conflicted' }));
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'Accepted', status: 'True', reason: 'Accepted' }));
  await fleet.remove('XTelemetryPolicy', POLICY);
  expect((await (await request()).span()).resource['service.name']).toBe('younger');
  expect(statusOf('default/another')).toMatchObject(ancestor({ type: 'Accepted', status: 'True', reason: 'Accepted' }));
  await fleet.remove('XTelemetryPolicy', 'default/another');
  expect(await traced(4)).toBe(0);
});

test('into another namespace spans go by leave of a ReferenceGrant only', async () => {
  const far =
    collectorYaml('far', { port: 4317, namespace: 'observability' }) +
    endpointYaml('far', grpc.port).replace('{ name: far-1', '{ name: far-1, namespace: observability');
  await fleet.apply(far + policyYaml(enabled('', 'name: far, namespace: observability, port: 4317')));
  expect(await traced(4)).toBe(0);
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'ResolvedRefs', status: 'False', reason: 'RefNotPermitted' }));
  await fleet.apply(grantYaml('XTelemetryPolicy'));
  expect(await traced(4)).toBe(4);
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs' }));
  await fleet.apply(grantYaml('HTTPRoute'));
  expect(await traced(4)).toBe(0);
});

test('no request fails where nobody takes the spans, nor where the collector does not exist', async () => {
  await fleet.apply(policyYaml(enabled('', 'name: gone, port: 4317')));
  expect(await traced(8)).toBe(0);
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound' }));
  // A Service without endpoints, one with an endpoint where nobody listens, and one that takes no spans.
  const deaf = await freePort();
  const away =
    collectorYaml('empty', { port: 4317 }) +
    collectorYaml('deaf', { port: 4317 }) +
    endpointYaml('deaf', deaf) +
    collectorYaml('other', { port: 4318 }) +
    endpointYaml('other', backends.port('one'));
  await fleet.apply(away);
  for (const ref of ['name: empty, port: 4317', 'name: deaf, port: 4317', 'name: other, port: 4318']) {
    await fleet.apply(policyYaml(enabled('', ref)));
    for (let i = 0; i < 20; i += 1) await request();
    expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs' }));
  }
}, 60_000);

test('a policy that is no good changes nothing', async () => {
  await fleet.apply(policyYaml(enabled(', serviceName: good')));
  const wrong = '{ name: x, sourceType: Attribute, attributeKey: http.route }';
  await fleet.apply(policyYaml(enabled(`, attributes: [${wrong}]`), 'wrong', '2025-01-01T00:00:00Z'));
  expect((await (await request()).span()).resource['service.name']).toBe('good');
  expect(statusOf('default/wrong')).toMatchObject(ancestor({ type: 'Accepted', status: 'False', reason: 'Invalid' }));
  expect(statusOf(POLICY)).toMatchObject(ancestor({ type: 'Accepted', status: 'True', reason: 'Accepted' }));
});
