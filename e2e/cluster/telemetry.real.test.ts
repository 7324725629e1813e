import { credentials } from '@grpc/grpc-js';
import { jest } from '@jest/globals';
import { DeltaClient } from '../../xds/testing/delta-client.ts';
import { gateway, gatewayClass } from '../harness/gateway-objects.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import {
  attributesOf,
  type HttpCollector,
  type OtlpMetric,
  type OtlpSpan,
  startGrpcCollector,
  startHttpCollector,
} from '../harness/telemetry-collector.ts';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';
import { writeXdsCertificates, type XdsCertificates } from '../harness/xds-certificates.ts';

jest.setTimeout(180_000);

const HOME = 'gatehouse-telemetry';
const FLEET = 'default/eg';

/** The API server alone, and a proxy that says what the test says. */
describe('an operator that sends its telemetry', () => {
  let cluster: TestCluster;
  let certificates: XdsCertificates;
  let collector: HttpCollector;
  let operator: OperatorProcess;
  let proxy: DeltaClient;

  const operate = (telemetry: object): Promise<OperatorProcess> =>
    startOperator({
      kubeconfig: cluster.server.kubeconfigPath,
      configuration: { provider: { type: 'Kubernetes' }, telemetry },
      env: { ENVOY_GATEWAY_NAMESPACE: HOME },
      args: ['--certs-dir', certificates.folder],
    });
  const sinkOf = (port: number, protocol: 'http' | 'grpc') => ({
    type: 'OpenTelemetry',
    openTelemetry: { host: '127.0.0.1', port, protocol, exportInterval: '500ms', exportTimeout: '30s' },
  });
  const connect = async (): Promise<DeltaClient> => {
    const port = /xDS on .*:(\d+)/.exec(await operator.line(/xDS on/))?.[1];
    const { server, proxy: own } = certificates;
    const [ca, key, certificate] = [server.certificate, own.key, own.certificate].map((text) => Buffer.from(text));
    const options = { 'grpc.ssl_target_name_override': 'envoy-gateway' };
    return new DeltaClient(
      `127.0.0.1:${port}`,
      { id: 'pod-1', cluster: FLEET },
      { channel: { credentials: credentials.createSsl(ca, key, certificate), options } },
    );
  };
  const span = (fits: (span: OtlpSpan) => boolean): Promise<OtlpSpan> => until('the span', async () => collector.spans().find(fits));
  const attributes = (of: OtlpSpan) => attributesOf(of.attributes);
  /** The newest that was sent of it. */
  const metric = (name: string): Promise<OtlpMetric> =>
    until(`the metric ${name}`, async () => collector.metrics().findLast((each) => each.name === name));
  const serve = (...ports: readonly number[]): Promise<void> =>
    cluster.apply(
      gateway(
        'eg',
        ports.map((port) => ({ name: `http-${port}`, port })),
      ),
    );
  const nextListeners = () => until('new listeners', async () => (await proxy.take('listener')).at(-1));

  beforeAll(async () => {
    certificates = await writeXdsCertificates(HOME);
    cluster = await startTestCluster();
    await cluster.installCrds();
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: HOME } });
    collector = await startHttpCollector();
    const sink = sinkOf(collector.port, 'http');
    operator = await operate({ metrics: { sinks: [sink] }, traces: { sink } });
    await operator.ready();
    await cluster.apply(gatewayClass('eg'));
    await serve(80);
    proxy = await connect();
    proxy.ask('listener', { subscribe: ['*'] });
    proxy.ack(await nextListeners());
  });
  afterAll(async () => {
    proxy.close();
    await operator.close();
    await collector.close();
    await cluster.stop();
    await certificates.remove();
  });

  test('a change is one trace, from its arrival to the proxy that took it', async () => {
    await serve(80, 81);
    proxy.ack(await nextListeners());
    const deliver = await span(({ name, attributes: of, parentSpanId }) => {
      const published = collector.spans().some((each) => each.name === 'change' && each.spanId === parentSpanId);
      return name === 'deliver' && published && attributesOf(of)['type'] === 'listener';
    });
    expect(attributes(deliver)).toMatchObject({ fleet: FLEET, node: 'pod-1', type: 'listener' });
    expect(deliver.status.code ?? 0).toBe(0);
    const trace = collector.spans().filter(({ traceId }) => traceId === deliver.traceId);
    const named = (name: string): OtlpSpan => trace.find((each) => each.name === name) ?? deliver;
    const [change, settle, publish] = [named('change'), named('settle'), named('publish')];
    expect(change.parentSpanId ?? '').toBe('');
    expect([settle, publish, deliver].map(({ parentSpanId }) => parentSpanId)).toEqual(Array(3).fill(change.spanId));
    expect(attributes(publish)).toMatchObject({ fleet: FLEET });
    expect(settle.startTimeUnixNano).toBe(change.startTimeUnixNano);
    expect(BigInt(settle.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(publish.startTimeUnixNano));
    expect(BigInt(publish.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(change.endTimeUnixNano));
    expect(BigInt(deliver.endTimeUnixNano)).toBeGreaterThan(BigInt(publish.startTimeUnixNano));
    const now = BigInt(Date.now()) * 1_000_000n;
    expect(now - BigInt(change.startTimeUnixNano)).toBeLessThan(180_000_000_000n);
  });

  test('what the proxy refuses is an error there, in its words', async () => {
    await serve(80, 82);
    // Sent again on its own where it came with others: only then is the refusal its own.
    const refused = await until('the span', async () => {
      for (const response of await proxy.take('listener')) {
        const isNew = Object.keys(response.resources).some((name) => name.endsWith('/http-82'));
        if (isNew) proxy.nack(response, 'no such port');
        else proxy.ack(response);
      }
      return collector.spans().find(({ name, status }) => name === 'deliver' && status.code === 2);
    });
    expect(refused.status.message).toContain('no such port');
  });

  test('writes of statuses and of what proxies are made of are traces, too', async () => {
    const status = await span(({ name, attributes: of }) => name === 'status write' && attributesOf(of)['kind'] === 'Gateway');
    expect(attributes(status)).toEqual({ kind: 'Gateway', namespace: 'default', name: 'eg' });
    const apply = await span(({ name, attributes: of }) => name === 'infrastructure apply' && attributesOf(of)['kind'] === 'Deployment');
    expect(attributes(apply)).toMatchObject({ kind: 'Deployment', namespace: HOME });
    expect(BigInt(apply.endTimeUnixNano)).toBeGreaterThan(BigInt(apply.startTimeUnixNano));
  });

  test('metrics are those of /metrics', async () => {
    const created = await metric('xds_snapshot_create_total');
    expect(created.sum).toMatchObject({ isMonotonic: true, dataPoints: [{ asDouble: 1 }] });
    const scraped = (await operator.read('metrics', '/metrics')).body;
    const names = new Set([...scraped.matchAll(/^# TYPE (\S+) (?:counter|gauge|histogram)$/gm)].map(([, name]) => name));
    // What was counted a moment ago goes out with the next batch.
    await until('what is on the page was sent', async () => {
      const sent = new Set(collector.metrics().map(({ name }) => name));
      // One that has never been counted is on the page without a value.
      const lacking = [...names].filter((name) => !sent.has(name ?? '') && new RegExp(`^${name}(_count)?[ {]`, 'm').test(scraped));
      if (lacking.length > 0) throw new Error(`not sent: ${lacking.join(', ')}`);
      return true;
    });
    expect((await metric('gatehouse_proxies_connected')).gauge?.dataPoints.map((point) => point.asDouble)).toEqual([1]);
    const { histogram } = await metric('status_update_duration_seconds');
    const point = histogram?.dataPoints.find(({ attributes: of }) => attributesOf(of)['kind'] === 'Gateway');
    const { bucketCounts = [], explicitBounds = [], count } = point ?? {};
    expect(bucketCounts).toHaveLength(explicitBounds.length + 1);
    expect(bucketCounts.reduce((sum, each) => sum + each, 0)).toBe(count);
    expect(count).toBeGreaterThan(0);
    expect(attributesOf(collector.resources()[0]?.attributes ?? [])).toMatchObject({ 'service.name': 'gatehouse' });
  });

  test('a collector that is away is said once, and so is its coming back', async () => {
    const from = operator.logs().length;
    const { port } = collector;
    await collector.close();
    await operator.line(/The collector at 127\.0\.0\.1:\d+ does not take metrics by http/, from);
    collector = await startHttpCollector(port);
    await operator.line(/The collector at 127\.0\.0\.1:\d+ takes metrics again/, from);
    expect(
      operator
        .logs()
        .slice(from)
        .match(/does not take metrics/g),
    ).toHaveLength(1);
    await metric('xds_snapshot_create_total');
  });

  test('gRPC carries the same; of nothing sampled there is no span', async () => {
    const [all, none] = [await startGrpcCollector(), await startGrpcCollector()];
    const metrics = { sinks: [all, none].map(({ port }) => sinkOf(port, 'grpc')) };
    const first = await operate({ metrics, traces: { sink: sinkOf(all.port, 'grpc') } });
    const samplingRate = { numerator: 0 };
    const second = await operate({ metrics, traces: { sink: sinkOf(none.port, 'grpc'), samplingRate } });
    try {
      await Promise.all([first.ready(), second.ready()]);
      await serve(80, 83);
      await until('spans of the change', async () => (all.spans.has('change') && all.spans.has('publish')) || undefined);
      await until('metrics', async () => [all, none].every((each) => each.metrics.has('xds_snapshot_create_total')) || undefined);
    } finally {
      // What waits is sent at the end.
      await Promise.all([first.close(), second.close()]);
    }
    expect(none.spans.size).toBe(0);
    all.close();
    none.close();
  });
});
