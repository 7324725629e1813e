import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { systemClock } from '../../operator/cluster/clock.ts';
import { LEASE_NAME } from '../../operator/cluster/leader-election.ts';
import { LEASE, parseLease } from '../../operator/cluster/lease.ts';
import { CuttableProxy } from '../../operator/cluster/testing/cuttable-proxy.ts';
import { watchEvents } from '../../operator/cluster/watch-events.ts';
import { quarantinedIn } from '../../xds/resource.ts';
import type { Opinion } from '../../xds/testing/auto-proxy.ts';
import { type AuditedWrite, type AuditLog, createAuditLog } from '../harness/audit-log.ts';
import { gateway, gatewayClass, httpRoute, redirectTo } from '../harness/gateway-objects.ts';
import { type ReplicaProcess, startReplica } from '../harness/replica-process.ts';
import { type RoamingPlan, RoamingProxy } from '../harness/roaming-proxy.ts';
import { conditionOf, resourceKind, startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(180_000);

const ROUTES = 'routeConfiguration/default/eg/http';
const TIMES = { leaseMs: 4_000, renewMs: 2_500, retryMs: 400 };
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
const proxies: RoamingProxy[] = [];

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

/** A proxy of the Gateway that comes to this replica first, and to any other when that one goes. */
function connect(
  first: string,
  id: string,
  { opinion, hesitationMs = 0 }: Pick<RoamingPlan, 'opinion' | 'hesitationMs'> = {},
): RoamingProxy {
  const ports = (): readonly number[] => {
    const others = [...members.values()].filter(({ name, process }) => name !== first && process.isRunning());
    return [member(first), ...others].map(({ process }) => process.xdsPort);
  };
  const proxy = new RoamingProxy({ id, fleet: 'default/eg', ports, hesitationMs, ...(opinion === undefined ? {} : { opinion }) });
  proxies.push(proxy);
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
/** Begins to follow the Gateway; the answer ends that and tells what else than True `Programmed` has been. */
async function notProgrammed(): Promise<() => Promise<readonly string[]>> {
  const stop = new AbortController();
  const said: string[] = [];
  const kind = resourceKind('Gateway');
  const { resourceVersion } = await cluster.client.list(kind, {});
  const options = { client: cluster.client, kind, query: { resourceVersion }, metadataOnly: false, stallMs: 60_000, clock: systemClock };
  const follow = async (): Promise<void> => {
    for await (const event of watchEvents({ ...options, onOpen: () => undefined }, stop.signal)) {
      const condition = event.type === 'MODIFIED' ? conditionOf(event.object, 'Programmed') : undefined;
      if (condition !== undefined && condition.status !== 'True') said.push(`${condition.status}: ${condition.message}`);
    }
  };
  const done = follow().catch(() => undefined);
  return async () => {
    stop.abort();
    await done;
    return said;
  };
}

const makeRoute = (name: string) =>
  cluster.apply(httpRoute(name, { host: `${name}.example.com`, rule: redirectTo('elsewhere.example.com') }));

/** Writes of replicas other than to the Lease. What was refused changed nothing: a write that was on its way when its sender was frozen is for a version that is gone. */
const writes = async (since = 0): Promise<readonly AuditedWrite[]> =>
  (await audit.writes()).filter(
    ({ from, resource, at, code }) => from !== '127.0.0.1' && resource !== 'leases' && at >= since && code < 400,
  );
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
  await Promise.all(proxies.map((proxy) => proxy.stop()));
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
  const stubborn = connect('c', 'proxy-3', { opinion: (type) => (type === 'listener' ? 'I do not like it' : undefined) });
  await programmed(/Envoy refused configuration: listener default\/eg\/http: I do not like it\.$/, 'False');
  await stubborn.stop();
  await programmed(/2\/2 envoy replicas available\.$/);
});

test('a route that a proxy of a follower refuses is put away at that follower and at the leader: the route says so, and the bytes are equal', async () => {
  const [one, two] = proxies;
  const before = one?.holds.get(ROUTES);
  expect([before, two?.holds.get(ROUTES)]).toEqual([before, before]);
  const opinion: Opinion = (type, _name, version) =>
    type === 'routeConfiguration' && version !== before && quarantinedIn(version).length === 0 ? 'a bad route' : undefined;
  const stubborn = connect('b', 'proxy-4', { opinion });
  await until('the stubborn one serves', async () => stubborn.holds.get(ROUTES) === before || undefined);
  await makeRoute('bad');
  const message = await until('the route says so', async () => {
    const object = await cluster.find('HTTPRoute', 'default/bad');
    return JSON.stringify(object?.status).includes('a bad route') || undefined;
  });
  expect(message).toBe(true);
  await until('all hold the same', async () => {
    const held = [one, two, stubborn].map((proxy) => proxy?.holds.get(ROUTES) ?? '');
    if (new Set(held).size === 1 && quarantinedIn(held[0] ?? '').length === 1) return true;
    throw new Error(JSON.stringify(held));
  });
  expect(await writersSince(0)).toEqual(['a']);
  await stubborn.stop();
  await cluster.remove('HTTPRoute', 'default/bad');
  await until('as before', async () => (one?.holds.get(ROUTES) === before && two?.holds.get(ROUTES) === before) || undefined);
});

test('a follower that is frozen leaves its proxies unknown, and the status says whose they are', async () => {
  process.kill(member('b').process.pid, 'SIGSTOP');
  await programmed(
    /1\/2 envoy replicas available\. What other proxies run is not known: .* operator replica b, not heard of for over 10 s\.$/,
  );
  process.kill(member('b').process.pid, 'SIGCONT');
  await programmed(/2\/2 envoy replicas available\.$/);
});

test('a leader that is killed is followed, and what happened between is not lost', async () => {
  const since = Date.now();
  await member('a').process.stop('SIGKILL');
  await makeRoute('between');
  await accepted('between');
  const { holder } = await lease();
  expect(['b', 'c']).toContain(holder);
  expect(await writersSince(since)).toEqual([holder]);
  await programmed(/2\/2 envoy replicas available\.$/);
});

test('a leader that is frozen in the midst of its writes is followed, and does not write when it wakes', async () => {
  const old = (await lease()).holder ?? '';
  const [next = ''] = ['b', 'c'].filter((name) => name !== old);
  const frozen = member(old).process;
  const names = Array.from({ length: 60 }, (_, i) => `storm-${i}`);
  const since = Date.now();
  const storm = Promise.all(names.map(makeRoute));
  await until('it writes', async () => (await writes(since)).length > 5 || undefined, { interval: 5 });
  process.kill(frozen.pid, 'SIGSTOP');
  await storm;
  await leads(next);
  for (const name of names) await accepted(name);
  // It wakes with writes that it had begun, and with the news of changes that it would have written.
  await cluster.apply(httpRoute('storm-1', { host: 'other.example.com', rule: redirectTo('elsewhere.example.com') }));
  process.kill(frozen.pid, 'SIGCONT');
  await makeRoute('awake');
  await accepted('awake');
  await until('it says so', async () => frozen.logs().includes(`${old} does not lead any more`) || undefined);
  await sleep(1_000);
  const all = await writes(since);
  const followed = all.findIndex(({ from }) => from === member(next).address);
  expect(followed).toBeGreaterThan(0);
  // No request of Kubernetes carries a term of leadership. A status that was on its way is refused for the version it names, above; an Event names none.
  const late = all.slice(followed).filter(({ from, resource }) => from !== member(next).address && resource !== 'events');
  expect(late).toEqual([]);
  expect(await frozen.health('/healthz')).toBe(200);
});

test('a leader that is stopped hands over at once: last its writes, then the Lease', async () => {
  const old = (await lease()).holder ?? '';
  const [next = ''] = ['b', 'c'].filter((name) => name !== old);
  // All proxies are with the one that goes: the next one has heard of none when it begins, and is connected to them before they confirm anything.
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  const fresh = ['proxy-5', 'proxy-6'].map((id) => connect(old, id, { hesitationMs: 1_000 }));
  await until('they are served', async () => fresh.every(({ holds }) => holds.has(ROUTES)) || undefined);
  await programmed(/2\/2 envoy replicas available\.$/);
  const said = await notProgrammed();
  const since = Date.now();
  for (let i = 0; i < 20; i += 1) await makeRoute(`many-${i}`);
  const stopped = member(old).process.stop('SIGTERM', 20_000);
  await leads(next);
  await stopped;
  expect(await member(old).process.ended).toBe(0);
  for (let i = 0; i < 20; i += 1) await accepted(`many-${i}`);
  await makeRoute('after');
  await accepted('after');
  await programmed(/2\/2 envoy replicas available\.$/);
  expect(await said()).toEqual([]);
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
