import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { LEASE_NAME } from '../../operator/cluster/leader-election.ts';
import { LEASE, parseLease } from '../../operator/cluster/lease.ts';
import { CuttableProxy } from '../../operator/cluster/testing/cuttable-proxy.ts';
import type { ResourceType } from '../../xds/resource.ts';
import { AutoProxy, type Opinion } from '../../xds/testing/auto-proxy.ts';
import { DeltaClient } from '../../xds/testing/delta-client.ts';
import { type AuditedWrite, type AuditLog, createAuditLog } from '../harness/audit-log.ts';
import { gateway, gatewayClass, httpRoute, redirectTo } from '../harness/gateway-objects.ts';
import { type ReplicaProcess, startReplica } from '../harness/replica-process.ts';
import { conditionOf, startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(180_000);

const TIMES = { leaseMs: 4_000, renewMs: 2_500, retryMs: 400 };
const SUBSCRIPTIONS: readonly (readonly [ResourceType, readonly string[]])[] = [
  ['cluster', []],
  ['listener', []],
  ['routeConfiguration', ['default/eg/http']],
];

/** A replica, and the way by which it reaches the API server: from an address of its own, and it can be cut. */
interface Member {
  readonly name: string;
  readonly address: string;
  readonly way: CuttableProxy;
  process: ReplicaProcess;
}

let cluster: TestCluster;
let audit: AuditLog;
let folder: string;
let entered = 0;
const members = new Map<string, Member>();
const proxies: { readonly proxy: AutoProxy; readonly done: Promise<void>; stop: () => void }[] = [];

async function enter(name: string): Promise<Member> {
  entered += 1;
  const address = `127.0.0.${10 + entered}`;
  const way = await CuttableProxy.start(Number(new URL(cluster.server.url).port), address);
  const kubeconfig = join(folder, name);
  const text = await readFile(cluster.server.kubeconfigPath, 'utf8');
  await writeFile(kubeconfig, text.replaceAll(cluster.server.url, `https://127.0.0.1:${way.port}`), { mode: 0o600 });
  const process_ = await startReplica({ kubeconfig, identity: name, times: TIMES, proxies: 2 });
  const member = { name, address, way, process: process_ };
  members.set(name, member);
  return member;
}

const member = (name: string): Member => {
  const found = members.get(name);
  if (found === undefined) throw new Error(`${name} is nobody`);
  return found;
};

/** A proxy of the Gateway that takes what it gets, unless it has an opinion. */
function connect(to: string, id: string, opinion?: Opinion): AutoProxy {
  const client = new DeltaClient(`127.0.0.1:${member(to).process.xdsPort}`, { id, cluster: 'default/eg' });
  const proxy = new AutoProxy(client, opinion);
  for (const [type, subscribe] of SUBSCRIPTIONS) client.ask(type, { subscribe });
  let going = true;
  const stop = (): void => {
    going = false;
    client.close();
  };
  const answer = async (): Promise<void> => {
    while (going && client.status === undefined) {
      await proxy.settle();
      await sleep(20);
    }
  };
  proxies.push({ proxy, done: answer(), stop });
  return proxy;
}

const lease = async () => parseLease(await cluster.client.get(LEASE, `default/${LEASE_NAME}`));
const leads = (name: string) =>
  until(`${name} leads`, async () => {
    const { holder } = await lease();
    if (holder === name) return true;
    throw new Error(`${holder} does`);
  });
const programmed = (message: RegExp, status = 'True') =>
  until(`Programmed ${status} ${message}`, async () => {
    const condition = conditionOf(await cluster.find('Gateway', 'default/eg'), 'Programmed');
    if (condition?.status === status && message.test(condition.message)) return condition;
    throw new Error(JSON.stringify(condition));
  });
const accepted = (route: string) =>
  until(`${route} is accepted`, async () => {
    const object = await cluster.find('HTTPRoute', `default/${route}`);
    return conditionOf(object, 'Accepted', { parent: 'eg' })?.status === 'True' || undefined;
  });
const makeRoute = (name: string) =>
  cluster.apply(httpRoute(name, { host: `${name}.example.com`, rule: redirectTo('elsewhere.example.com') }));

/** Writes of replicas other than to the Lease. */
const writes = async (since = 0): Promise<readonly AuditedWrite[]> =>
  (await audit.writes()).filter(({ from, resource, at }) => from !== '127.0.0.1' && resource !== 'leases' && at >= since);
const writersSince = async (since: number): Promise<readonly string[]> => {
  const names = new Map([...members.values()].map(({ address, name }) => [address, name]));
  return (await writes(since)).map(({ from }) => names.get(from) ?? from).filter((name, index, all) => name !== all[index - 1]);
};

beforeAll(async () => {
  audit = await createAuditLog();
  folder = await mkdtemp(join(tmpdir(), 'gh-replicas-'));
  cluster = await startTestCluster({ apiServerFlags: audit.flags });
  await cluster.installCrds();
});
afterAll(async () => {
  for (const { stop } of proxies) stop();
  await Promise.all(proxies.map(({ done }) => done));
  for (const { process, way } of members.values()) {
    await process.stop('SIGKILL');
    await way.stop();
  }
  await cluster.stop();
  await audit.remove();
  await rm(folder, { recursive: true, force: true });
});

test('three replicas serve, one writes, and it knows what the proxies of the others run', async () => {
  await enter('a');
  await leads('a');
  await Promise.all([enter('b'), enter('c')]);
  await cluster.apply(gatewayClass('eg'), gateway('eg', [{ port: 8080 }]));
  await makeRoute('first');
  await accepted('first');
  connect('a', 'proxy-1');
  await programmed(/1\/2 envoy replicas available\.$/);
  connect('b', 'proxy-2');
  await programmed(/2\/2 envoy replicas available\.$/);
  expect(await writersSince(0)).toEqual(['a']);
  for (const { process } of members.values())
    expect([await process.health('/readyz'), await process.health('/healthz')]).toEqual([200, 200]);
});

test('what a proxy of a follower refuses is in the status, until that proxy is gone', async () => {
  const stubborn = connect('c', 'proxy-3', (type) => (type === 'listener' ? 'I do not like it' : undefined));
  await programmed(/Envoy refused configuration: listener default\/eg\/http: I do not like it\.$/, 'False');
  stubborn.client.close();
  await programmed(/2\/2 envoy replicas available\.$/);
});

test('a leader that is killed is followed, and what happened between is not lost', async () => {
  const since = Date.now();
  connect('b', 'proxy-1');
  await member('a').process.stop('SIGKILL');
  await makeRoute('between');
  await accepted('between');
  const { holder } = await lease();
  expect(['b', 'c']).toContain(holder);
  expect(await writersSince(since)).toEqual([holder]);
  await programmed(/2\/2 envoy replicas available\.$/);
});

test('a leader that is frozen beyond its lease is followed, and does not write when it wakes', async () => {
  const old = (await lease()).holder ?? '';
  const [next = ''] = ['b', 'c'].filter((name) => name !== old);
  const frozen = member(old).process;
  process.kill(frozen.pid, 'SIGSTOP');
  const since = Date.now();
  await leads(next);
  await makeRoute('frozen');
  await accepted('frozen');
  // It wakes with the news of changes that it would have written.
  await cluster.apply(httpRoute('frozen', { host: 'other.example.com', rule: redirectTo('elsewhere.example.com') }));
  process.kill(frozen.pid, 'SIGCONT');
  await makeRoute('awake');
  await accepted('awake');
  await until('it says so', async () => frozen.logs().includes(`${old} does not lead any more`) || undefined);
  await sleep(1_000);
  expect(await writersSince(since)).toEqual([next]);
  expect(await frozen.health('/healthz')).toBe(200);
});

test('a leader that is stopped hands over at once: last its writes, then the Lease', async () => {
  const old = (await lease()).holder ?? '';
  const [next = ''] = ['b', 'c'].filter((name) => name !== old);
  const since = Date.now();
  for (let i = 0; i < 20; i += 1) await makeRoute(`many-${i}`);
  const stopped = member(old).process.stop('SIGTERM', 20_000);
  await leads(next);
  await stopped;
  expect(await member(old).process.ended).toBe(0);
  for (let i = 0; i < 20; i += 1) await accepted(`many-${i}`);
  await makeRoute('after');
  await accepted('after');
  const all = await audit.writes();
  const released = all.findLast(({ from, resource, at }) => from === member(old).address && resource === 'leases' && at >= since);
  const taken = all.find(
    ({ from, resource, at, code }) => from === member(next).address && resource === 'leases' && code === 200 && at >= since,
  );
  expect((taken?.at ?? 0) - (released?.at ?? 0)).toBeLessThan(TIMES.leaseMs / 2);
  for (const { from, at } of await writes(since)) if (from === member(old).address) expect(at).toBeLessThanOrEqual(released?.at ?? 0);
  expect((await writersSince(released?.at ?? 0)).filter((name) => name === old)).toEqual([]);
});

test('a leader that is cut off stops writing and another one goes on; when it is back it follows', async () => {
  const old = (await lease()).holder ?? '';
  const { name: next } = await enter('d');
  const since = Date.now();
  member(old).way.cut();
  await leads(next);
  await makeRoute('cut');
  await accepted('cut');
  member(old).way.mend();
  await makeRoute('mended');
  await accepted('mended');
  const writers = await writersSince(since);
  expect(writers.at(-1)).toBe(next);
  expect(writers.filter((name) => name === next)).toHaveLength(1);
});

test('an API server that is away for longer than a lease: one leader after it, and all that was to be written is', async () => {
  await cluster.server.stopApiServer();
  await sleep(TIMES.leaseMs + 2_000);
  await cluster.server.startApiServer();
  const since = Date.now();
  await makeRoute('back');
  await accepted('back');
  expect(await writersSince(since)).toHaveLength(1);
});
