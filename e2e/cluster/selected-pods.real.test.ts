import { jest } from '@jest/globals';
import { EXPERIMENTS } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { echoOf } from '../harness/ask.ts';
import { describeInNamespace } from '../harness/describe-in-namespace.ts';
import { freePort } from '../harness/free-port.ts';
import { gateway, gatewayClass, httpRoute } from '../harness/gateway-objects.ts';
import type { ManagedProcess } from '../harness/managed-process.ts';
import { PlayedPods, startPodBackends } from '../harness/played-pods.ts';
import { type ServedCluster, startServedCluster } from '../harness/served-cluster.ts';
import { during, type Flow, type TrafficReport } from '../harness/traffic.ts';
import { until, untilIs } from '../harness/until.ts';

jest.setTimeout(180_000);

const HOST = 'cart.example.com';
const PORT = 8080;
/** Addresses that only the network of the test has (TEST-NET-2, RFC 5737). */
const [FIRST, SECOND, THIRD, FOURTH] = ['198.51.100.21', '198.51.100.22', '198.51.100.23', '198.51.100.24'];

const selecting = (matchLabels: Readonly<Record<string, string>>, port = PORT, more: object = {}): KubernetesObject => ({
  apiVersion: `${EXPERIMENTS}/v1alpha1`,
  kind: 'XBackend',
  metadata: { namespace: 'default', name: 'cart' },
  spec: { type: 'EndpointSelector', endpointSelector: { matchLabels }, port: { number: port }, ...more },
});

describeInNamespace('Pods that an XBackend selects, with Envoy before them', () => {
  let world: ServedCluster;
  let pods: PlayedPods;
  let port: number;
  let backends: ManagedProcess;

  beforeAll(async () => {
    world = await startServedCluster();
    pods = new PlayedPods(world.cluster);
    port = await freePort();
    backends = await startPodBackends(world.network, PORT, [FIRST, SECOND, THIRD, FOURTH]);
    await world.cluster.installCrds();
    await world.cluster.installExperiments('newer');
    const operator = await world.operate();
    await operator.ready();
    await world.cluster.apply(
      gatewayClass('eg'),
      gateway('eg', [{ port }]),
      httpRoute('cart', { host: HOST, rule: { backendRefs: [{ group: EXPERIMENTS, kind: 'XBackend', name: 'cart' }] } }),
    );
  });
  afterAll(async () => {
    await backends.stop();
    await world.stop();
  });

  const status = async (): Promise<number> => (await world.get({ port, host: HOST })).status;
  /** Who answers, of so many requests, sorted. */
  const answering = async (): Promise<string> => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => world.get({ port, host: HOST })));
    return [...new Set(answers.map((answer) => echoOf(answer).pod))].sort().join(' ');
  };
  const areServed = (...addresses: readonly string[]): Promise<unknown> =>
    untilIs('the Pods that answer', [...addresses].sort().join(' '), answering);
  const underTraffic = (work: (flow: Flow) => Promise<unknown>): Promise<TrafficReport> =>
    during({ port, connect: world.network.connect, targets: [{ host: HOST }] }, work);

  test('nobody answers before one of them is ready', async () => {
    await untilIs('the status of an answer', 500, status);
    await world.cluster.apply(selecting({ app: 'cart' }));
    await untilIs('the status of an answer', 503, status);
    await pods.create('a', { app: 'cart', tier: 'back' });
    await pods.create('stranger', { app: 'other' });
    await pods.runs('stranger', { address: THIRD });
    await pods.runs('a', { address: FIRST, ready: false });
    expect(await status()).toBe(503);
    await pods.runs('a', { address: FIRST });
    await areServed(FIRST);
  });

  test('they come and become ready, are taken out by their labels, and end, without a failed request', async () => {
    const { failures } = await underTraffic(async (flow) => {
      await pods.create('b', { app: 'cart' });
      await flow.more(20);
      await pods.runs('b', { address: SECOND });
      await areServed(FIRST, SECOND);
      await pods.label('a', { app: 'debug' });
      await areServed(SECOND);
      await pods.label('a', { app: 'cart' });
      await areServed(FIRST, SECOND);
      // It still serves and is the last resort only: not asked as long as there is another.
      await pods.ends('a');
      await areServed(SECOND);
      await pods.gone('a');
      await flow.more(20);
    });
    expect(failures).toEqual([]);
    await areServed(SECOND);
  });

  test('the last one serves until it does not any more, although it is asked to end', async () => {
    await pods.ends('b');
    await areServed(SECOND);
    await pods.runs('b', { address: SECOND, ready: false });
    await untilIs('the status of an answer', 503, status);
    await pods.gone('b');
    await pods.create('c', { app: 'cart', release: 'blue' });
    await pods.runs('c', { address: THIRD });
    await areServed(THIRD);
  });

  test('another selector and another port take over without a failed request', async () => {
    await pods.create('d', { app: 'cart', release: 'green' });
    await pods.runs('d', { address: FOURTH });
    await pods.create('plain', { app: 'plain' });
    await pods.runs('plain', { address: world.network.address });
    await areServed(THIRD, FOURTH);
    const { failures, connects } = await underTraffic(async (flow) => {
      await world.cluster.apply(selecting({ app: 'cart', release: 'green' }));
      await areServed(FOURTH);
      await world.cluster.apply(selecting({ release: 'blue' }));
      await areServed(THIRD);
      // What they had before listens on no such port.
      await world.cluster.apply(selecting({ app: 'plain' }, 3000));
      await areServed('pod-3000');
      await world.cluster.apply(selecting({ app: 'plain' }, 3001));
      await areServed('pod-3001');
      await flow.more(20);
    });
    expect({ failures, connects }).toEqual({ failures: [], connects: 4 });
  });

  test('its sessions keep to the Pod that answered first', async () => {
    await world.cluster.apply(selecting({ app: 'cart' }, PORT, { sessionPersistence: { type: 'Cookie', cookie: { name: 'shop' } } }));
    await areServed(THIRD, FOURTH);
    const first = await until('a cookie', async () => {
      const answer = await world.get({ port, host: HOST });
      return answer.headers['set-cookie'] === undefined ? undefined : answer;
    });
    const cookie = first.headers['set-cookie']?.join().split(';')[0] ?? '';
    const answers = await Promise.all(Array.from({ length: 12 }, () => world.get({ port, host: HOST, headers: { cookie } })));
    expect([...new Set(answers.map((answer) => echoOf(answer).pod))]).toEqual([echoOf(first).pod]);
  });
});
