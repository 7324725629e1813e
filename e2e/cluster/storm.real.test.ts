import { jest } from '@jest/globals';
import { systemClock } from '../../operator/cluster/clock.ts';
import { keyOf } from '../../operator/cluster/resource-kind.ts';
import { watchEvents } from '../../operator/cluster/watch-events.ts';
import { ask } from '../harness/ask.ts';
import { freePort } from '../harness/free-port.ts';
import { gateway, gatewayClass, httpRoute, redirectTo } from '../harness/gateway-objects.ts';
import { inFlight } from '../harness/in-flight.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import { resourceKind, startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(300_000);

const GATEWAY = resourceKind('Gateway');
const HTTP_ROUTE = resourceKind('HTTPRoute');
const ROUTES = 1000;
const MOST_WRITES = 50;

let cluster: TestCluster;
let operator: OperatorProcess;
let port: number;

const routes = Array.from({ length: ROUTES }, (_, i) =>
  httpRoute(`route-${i}`, { host: `host-${i % 50}.example.com`, path: `/${i}`, rule: redirectTo(`target-${i}.example.com`) }),
);

beforeAll(async () => {
  cluster = await startTestCluster({ apiServerFlags: ['--enable-priority-and-fairness=false'] });
  port = await freePort();
  await cluster.installCrds();
  operator = await startOperator({ kubeconfig: cluster.server.kubeconfigPath });
  await cluster.apply(gatewayClass('eg'), gateway('eg', [{ port }]));
  await attached(0);
});
afterAll(async () => {
  await operator.close();
  await cluster.stop();
});

const attached = (count: number): Promise<boolean> =>
  until(
    `${count} attached routes`,
    async () => {
      const { status } = await cluster.client.get(GATEWAY, 'default/eg');
      // The API server has checked it against the CRD.
      const { listeners } = status as { listeners?: readonly { attachedRoutes: number }[] };
      if (listeners?.[0]?.attachedRoutes === count) return true;
      throw new Error(JSON.stringify(listeners));
    },
    { limit: 120_000, interval: 250 },
  );

/** How often the Gateway is written meanwhile; nobody but the operator writes it. */
async function writesDuring(work: () => Promise<void>): Promise<number> {
  const { resourceVersion } = await cluster.client.list(GATEWAY, {});
  const stop = new AbortController();
  const versions = new Set<string>();
  const query = { resourceVersion };
  const options = { client: cluster.client, kind: GATEWAY, query, metadataOnly: true, stallMs: 300_000, clock: systemClock };
  const watching = (async () => {
    for await (const { object } of watchEvents({ ...options, onOpen: () => undefined }, stop.signal)) {
      versions.add(object.metadata.resourceVersion ?? '');
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  await work();
  stop.abort();
  await watching;
  return versions.size;
}

test(`${ROUTES} routes come: all are attached, and the Gateway is written some ${MOST_WRITES} times at most`, async () => {
  const writes = await writesDuring(async () => {
    await inFlight(50, routes, (route) => cluster.client.create(HTTP_ROUTE, route));
    await attached(ROUTES);
  });
  expect(writes).toBeGreaterThan(0);
  expect(writes).toBeLessThanOrEqual(MOST_WRITES);
});

test('each of them is accepted and served', async () => {
  const accepted = await until(
    'all are accepted',
    async () => {
      const { items } = await cluster.client.list(HTTP_ROUTE, {});
      const without = items.filter(({ status }) => !JSON.stringify(status ?? {}).includes('"reason":"Accepted"'));
      if (without.length === 0) return items;
      throw new Error(`${without.length} are not, for instance ${without[0]?.metadata.name}`);
    },
    { limit: 120_000, interval: 500 },
  );
  expect(accepted).toHaveLength(ROUTES);
  for (const i of [0, 499, 999]) {
    const answer = await ask({ port, host: `host-${i % 50}.example.com`, path: `/${i}` });
    expect(answer.headers.location).toContain(`//target-${i}.example.com`);
  }
});

test('it comes to rest: nothing is written any more', async () => {
  const written = async (): Promise<string> =>
    /gatehouse_status_writes_total\{result="written"\} (\d+)/.exec((await operator.read('metrics', '/metrics')).body)?.[1] ?? '';
  const before = await until('two looks in a row are alike', async () => {
    const first = await written();
    await new Promise((wake) => setTimeout(wake, 3000));
    return first === (await written()) ? first : undefined;
  });
  expect(Number(before)).toBeGreaterThanOrEqual(ROUTES);
});

test('all go again: none is attached, served or written of', async () => {
  const writes = await writesDuring(async () => {
    await inFlight(50, routes, ({ metadata }) => cluster.client.delete(HTTP_ROUTE, keyOf(metadata)));
    await attached(0);
  });
  expect(writes).toBeLessThanOrEqual(MOST_WRITES);
  expect((await ask({ port, host: 'host-0.example.com', path: '/0' })).status).toBe(404);
});
