import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { systemClock } from '../../operator/cluster/clock.ts';
import { CuttableProxy } from '../../operator/cluster/testing/cuttable-proxy.ts';
import { watchEvents } from '../../operator/cluster/watch-events.ts';
import { describeInNamespace } from '../harness/describe-in-namespace.ts';
import { freePort } from '../harness/free-port.ts';
import { gateway, gatewayClass, httpRoute, redirectTo, serviceAt } from '../harness/gateway-objects.ts';
import type { KubernetesServer } from '../harness/kubernetes-server.ts';
import type { OperatorProcess } from '../harness/operator-process.ts';
import { type ServedCluster, startServedCluster } from '../harness/served-cluster.ts';
import { conditionOf, resourceKind } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(180_000);

const ROUTES = ['stays', 'changes', 'goes', 'goes-first'];
const HTTP_ROUTE = resourceKind('HTTPRoute');

describeInNamespace('an operator whose API server goes away', () => {
  let world: ServedCluster;
  let operator: OperatorProcess;
  let way: CuttableProxy;
  let folder: string;
  let port: number;

  const hostOf = (name: string): string => `${name}.example.com`;
  const answers = (name: string, status: number) => world.answers({ port, host: hostOf(name) }, status);
  const statusesOf = (names: readonly string[]): Promise<readonly number[]> =>
    Promise.all(names.map(async (name) => (await world.get({ port, host: hostOf(name) })).status));
  const attached = (count: number) =>
    until(`${count} attached routes`, async () => {
      const status = (await world.cluster.find('Gateway', 'default/eg'))?.status;
      // The API server has checked it against the CRD.
      const { listeners } = status as { listeners?: readonly { attachedRoutes: number }[] };
      if (listeners?.[0]?.attachedRoutes === count) return true;
      throw new Error(JSON.stringify(listeners));
    });

  beforeAll(async () => {
    world = await startServedCluster();
    port = await freePort();
    folder = await mkdtemp(join(tmpdir(), 'gh-outage-'));
    way = await CuttableProxy.start(Number(new URL(world.cluster.server.url).port));
    await world.cluster.installCrds();
    operator = await world.operate({ kubeconfig: await kubeconfigBy(way, world.cluster.server, folder) });
    await world.cluster.apply(
      gatewayClass('eg'),
      gateway('eg', [{ port }]),
      ...serviceAt('backend', world.network.address, 3000),
      ...ROUTES.map((name) => httpRoute(name, { host: hostOf(name) })),
    );
    for (const name of ROUTES) await answers(name, 200);
    await attached(ROUTES.length);
  });
  afterAll(async () => {
    await world.stop();
    await way.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('serves on while it is away, and takes what is changed right after it is back', async () => {
    const since = operator.logs().length;
    await world.cluster.server.stopApiServer();
    await operator.line(/httproutes\.gateway\.networking\.k8s\.io cannot be followed, trying again/, since);
    for (let i = 0; i < 20; i += 1) expect(await statusesOf(ROUTES)).toEqual([200, 200, 200, 200]);
    expect((await operator.read('health', '/readyz')).status).toBe(200);
    await world.cluster.server.startApiServer();
    await world.cluster.apply(httpRoute('changes', { host: hostOf('changes'), rule: redirectTo('changed.example.com') }));
    await world.cluster.remove('HTTPRoute', 'default/goes-first');
    await answers('changes', 302);
    await answers('goes-first', 404);
    await operator.line(/httproutes\.gateway\.networking\.k8s\.io is followed again/, since);
    expect(await statusesOf(['stays', 'goes'])).toEqual([200, 200]);
    await attached(ROUTES.length - 1);
    expect(operator.isRunning()).toBe(true);
  });

  test('finds out what was created, changed and deleted while it was cut off, though the history is compacted (410)', async () => {
    const { client, server } = world.cluster;
    const { resourceVersion: last } = await client.list(HTTP_ROUTE, {});
    way.cut();
    await world.cluster.remove('HTTPRoute', 'default/goes');
    await world.cluster.apply(
      httpRoute('changes', { host: hostOf('changes') }),
      httpRoute('comes', { host: hostOf('comes') }),
      ...serviceAt('backend', world.network.address, 3001),
    );
    const { resourceVersion: newest } = await client.list(HTTP_ROUTE, {});
    await compact(server, newest);
    // Its cache of events is gone with the old process.
    await server.stopApiServer();
    await server.startApiServer();
    await expect(watchFrom(world, last)).rejects.toMatchObject({ status: 410 });

    expect(await statusesOf(['stays', 'changes', 'goes', 'comes'])).toEqual([200, 302, 200, 404]);
    way.mend();
    await answers('comes', 200);
    await answers('changes', 200);
    await answers('goes', 404);
    // Endpoints are a kind of their own, which finds its way back in its own time.
    await until('stays is served by the new endpoint', async () => {
      const { body } = await answers('stays', 200);
      return body.includes('"pod": "pod-3001"') || undefined;
    });
    await attached(3);
    const comes = await world.cluster.find('HTTPRoute', 'default/comes');
    expect(conditionOf(comes, 'Accepted', { parent: 'eg' })?.status).toBe('True');
  });

  test('started while it is away, it waits for it, says so, and is not ready', async () => {
    await world.cluster.server.stopApiServer();
    const second = await world.operate();
    await second.line(/cannot be followed, trying again\. .*ECONNREFUSED/);
    expect(await second.read('health', '/readyz')).toEqual({ status: 503, body: 'starting\n' });
    expect((await second.read('health', '/healthz')).status).toBe(200);
    await world.cluster.server.startApiServer();
    await second.ready();
    await second.stop('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  test('stopped while it is away, it ends all the same', async () => {
    await world.cluster.server.stopApiServer();
    await operator.stop('SIGTERM', 30_000);
    expect(await operator.ended).toBe(0);
    await world.cluster.server.startApiServer();
  });
});

async function kubeconfigBy(way: CuttableProxy, server: KubernetesServer, folder: string): Promise<string> {
  const text = await readFile(server.kubeconfigPath, 'utf8');
  const path = join(folder, 'kubeconfig');
  await writeFile(path, text.replaceAll(server.url, `https://127.0.0.1:${way.port}`), { mode: 0o600 });
  return path;
}

/** Forgets all revisions before this one (etcd's JSON gateway). */
async function compact({ etcdUrl }: KubernetesServer, revision: string): Promise<void> {
  const answer = await fetch(`${etcdUrl}/v3/kv/compaction`, { method: 'POST', body: JSON.stringify({ revision, physical: true }) });
  if (!answer.ok) throw new Error(`etcd: ${await answer.text()}`);
}

/** A watch as a client resumes it; resolves with its first event. */
async function watchFrom({ cluster: { client } }: ServedCluster, resourceVersion: string): Promise<unknown> {
  const stop = new AbortController();
  const options = { client, kind: HTTP_ROUTE, query: { resourceVersion }, metadataOnly: false, stallMs: 30_000, clock: systemClock };
  try {
    for await (const event of watchEvents({ ...options, onOpen: () => undefined }, stop.signal)) return event;
    return undefined;
  } finally {
    stop.abort();
  }
}
