import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { DEPLOYMENT, NODE, SERVICE } from '../../operator/infrastructure/kubernetes/proxy-kinds.ts';
import { MANAGED_BY, ownerOf } from '../../operator/infrastructure/kubernetes/proxy-owner.ts';
import { quarantinedIn } from '../../xds/resource.ts';
import type { Opinion } from '../../xds/testing/auto-proxy.ts';
import { type AuditLog, createAuditLog } from '../harness/audit-log.ts';
import { httpRoute, redirectTo } from '../harness/gateway-objects.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import { type RoamingPlan, RoamingProxy } from '../harness/roaming-proxy.ts';
import { MARK, standingGateways, standingProxies } from '../harness/standing-gateways.ts';
import { conditionOf, startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';
import { writeXdsCertificates, type XdsCertificates } from '../harness/xds-certificates.ts';

jest.setTimeout(180_000);

const HOME = 'gatehouse';
const GATEWAYS = ['eg', 'other'];
/** Longer than a new leader waits before it writes what it knows of others. */
const LATE_MS = 7_000;
const ROUTES = 'routeConfiguration/default/eg/http';
const QUIET_MS = 1_500;
/** Past the time for which a new leader waits for proxies, on any machine: whether it did is told by the order of its writes. */
const SLOW_MS = 80_000;
/** It tries to write its own endpoints, which a loopback address may not be. */
const APISERVER = 'system:apiserver';

interface Member {
  readonly operator: OperatorProcess;
  readonly port: number;
}

/** The API server alone: what controllers do to Deployments and Services the test does, and the proxies are by script. The tests go on from each other. */
describe.each(['ControllerNamespace', 'GatewayNamespace'])('statuses while operators come and go, mode %s', (mode) => {
  let cluster: TestCluster;
  let audit: AuditLog;
  let certificates: XdsCertificates;
  let members: Member[] = [];
  const proxies: RoamingProxy[] = [];
  let started = 0;

  const enter = async ({ alone = false } = {}): Promise<Member> => {
    started += 1;
    const leaderElection = alone ? { disable: true } : { leaseDuration: '4s', renewDeadline: '2s', retryPeriod: '400ms' };
    const operator = await startOperator({
      kubeconfig: cluster.server.kubeconfigPath,
      configuration: { provider: { type: 'Kubernetes', kubernetes: { deploy: { type: mode }, leaderElection } } },
      env: { ENVOY_GATEWAY_NAMESPACE: HOME, POD_NAME: `operator-${started}`, POD_IP: '127.0.0.1' },
      args: ['--certs-dir', certificates.folder],
    });
    await operator.ready();
    const member = { operator, port: Number(/xDS on 0\.0\.0\.0:(\d+)/.exec(await operator.line(/xDS on /))?.[1]) };
    members.push(member);
    return member;
  };
  const leave = async (member: Member | undefined, how: 'in order' | 'killed' = 'in order'): Promise<void> => {
    members = members.filter((each) => each !== member);
    if (how === 'killed') await member?.operator.stop('SIGKILL');
    await member?.operator.close();
  };
  const connect = (plan: Omit<RoamingPlan, 'ports' | 'channel'>): void => {
    const [ca, key, certificate] = [certificates.server.certificate, certificates.proxy.key, certificates.proxy.certificate].map((text) =>
      Buffer.from(text),
    );
    const channel = {
      credentials: credentials.createSsl(ca, key, certificate),
      options: { 'grpc.ssl_target_name_override': 'envoy-gateway', 'grpc.default_authority': 'envoy-gateway' },
    };
    proxies.push(new RoamingProxy({ ...plan, channel, ports: () => members.map(({ port }) => port) }));
  };
  const reconnect = async (plans: readonly Omit<RoamingPlan, 'ports' | 'channel'>[]): Promise<void> => {
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
    for (const plan of plans) connect(plan);
  };
  /** Of every Gateway one that comes back at once and hesitates, and one that is away for long. */
  const usual = GATEWAYS.flatMap((name) => [
    { id: `${name}-1`, fleet: `default/${name}`, hesitationMs: 1_000 },
    { id: `${name}-2`, fleet: `default/${name}`, awayMs: LATE_MS },
  ]);
  const infrastructure = async (kind: typeof DEPLOYMENT, name: string): Promise<string> => {
    const { items } = await cluster.client.list(kind, { labelSelector: MANAGED_BY });
    const found = items.find(({ metadata }) => ownerOf(metadata.labels) === `default/${name}`);
    if (found === undefined) throw new Error(`${name} has no ${kind.kind}`);
    return `${found.metadata.namespace}/${found.metadata.name}`;
  };
  const report = async (kind: typeof DEPLOYMENT, name: string, status: object): Promise<void> => {
    const key = await until(`${name} has a ${kind.kind}`, () => infrastructure(kind, name).catch(() => undefined));
    await cluster.client.patch(kind, key, { type: 'merge', body: { status } }, { subresource: 'status' });
  };
  const run = (name: string, ready: number): Promise<void> =>
    report(DEPLOYMENT, name, { replicas: 2, readyReplicas: ready, availableReplicas: ready });
  const says = (name: string, fits: RegExp, limit = 30_000): Promise<KubernetesObject> =>
    until(
      `${name} says ${fits}`,
      async () => {
        const found = await cluster.find('Gateway', `default/${name}`);
        const { status, reason, message } = conditionOf(found, 'Programmed') ?? {};
        if (found !== undefined && fits.test(`${status} ${reason}: ${message}`)) return found;
        throw new Error(JSON.stringify(found?.status));
      },
      { limit },
    );
  const statuses = async (): Promise<unknown> =>
    Promise.all(
      [...GATEWAYS.map((name) => ['Gateway', name] as const), ['ListenerSet', 'more'] as const, ['HTTPRoute', 'plain'] as const].map(
        async ([kind, name]) => (await cluster.find(kind, `default/${name}`))?.status,
      ),
    );
  /** What operators wrote since, but for the Lease and the marks. */
  const writes = async (since: number): Promise<readonly string[]> =>
    (await audit.writes())
      .filter(({ at, resource, user, name }) => at >= since && resource !== 'leases' && user !== APISERVER && !name.startsWith(MARK))
      .map(({ verb, resource, namespace, name, code }) => `${verb} ${resource} ${namespace}/${name} ${code}`);
  /** Somebody leads and writes, all proxies came back, and there was time to write about it. */
  const settle = async (): Promise<void> => {
    const route = `${MARK}-${started}`;
    await cluster.apply(httpRoute(route, { host: 'mark.example.com', rule: redirectTo('elsewhere.example.com'), gateway: MARK }));
    await until('somebody writes', async () => ((await cluster.find('HTTPRoute', `default/${route}`))?.status ? true : undefined));
    await sleep(LATE_MS + QUIET_MS);
  };

  beforeAll(async () => {
    audit = await createAuditLog();
    certificates = await writeXdsCertificates(HOME);
    cluster = await startTestCluster({ apiServerFlags: audit.flags });
    await cluster.installCrds();
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: HOME } });
    await enter();
    await cluster.apply(...standingProxies());
    await cluster.client.create(NODE, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } });
    const status = { addresses: [{ type: 'InternalIP', address: '192.0.2.9' }] };
    await cluster.client.patch(NODE, 'node-1', { type: 'merge', body: { status } }, { subresource: 'status' });
    await cluster.apply(...standingGateways());
    for (const name of GATEWAYS) await run(name, 2);
    await report(SERVICE, 'eg', { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } });
    await reconnect(usual);
    for (const name of GATEWAYS) await says(name, /^True Programmed: .* 2\/2 envoy replicas/);
  });
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    for (const member of [...members]) await leave(member);
    await cluster.stop();
    await certificates.remove();
    await audit.remove();
  });

  /** The only one is replaced by another. */
  const replaced = async (how: 'in order' | 'killed', next?: { readonly alone: boolean }): Promise<void> => {
    const before = await statuses();
    await sleep(QUIET_MS);
    const since = Date.now();
    await leave(members[0], how);
    await enter(next);
    await settle();
    expect(await writes(since)).toEqual([]);
    expect(await statuses()).toEqual(before);
  };

  test('nothing is written when the only one ends and another one comes', () => replaced('in order'));

  test('nothing is written when one hands over to another', async () => {
    const before = await statuses();
    const [old] = members;
    const next = await enter();
    await sleep(QUIET_MS);
    const since = Date.now();
    await leave(old);
    await next.operator.line(/leads: it writes/);
    await settle();
    expect(await writes(since)).toEqual([]);
    expect(await statuses()).toEqual(before);
  });

  // Where proxies are makes no difference to the rest.
  if (mode === 'GatewayNamespace') return;

  test('nothing is written when the only one is killed and another one comes', () => replaced('killed'));

  test('nothing is written when the next one does without election', () => replaced('in order', { alone: true }));

  test('nothing is written when streams end and proxies come back', async () => {
    const before = await statuses();
    await sleep(QUIET_MS);
    const since = Date.now();
    await reconnect(usual);
    await settle();
    expect(await writes(since)).toEqual([]);
    expect(await statuses()).toEqual(before);
    await leave(members[0]);
    await enter();
    await settle();
  });

  test('nothing is written when a follower ends that the proxies are connected to', async () => {
    const before = await statuses();
    const leader = members[0];
    const follower = await enter();
    members.reverse();
    await reconnect(usual);
    await sleep(LATE_MS);
    members = members.filter((each) => each !== follower);
    const since = Date.now();
    await leave(follower);
    await settle();
    expect(await writes(since)).toEqual([]);
    expect(await statuses()).toEqual(before);
    expect(members).toEqual([leader]);
  });

  const picky: Opinion = (type) => (type === 'listener' ? 'I do not like it' : undefined);
  const refusing = usual.filter(({ id }) => id === 'eg-1').map((plan) => ({ ...plan, hesitationMs: 0, opinion: picky }));

  test('what a proxy refuses stays said when the operator is replaced', async () => {
    await reconnect([...refusing, ...usual.filter(({ id }) => id !== 'eg-1')]);
    // The last of the listeners that it is sent.
    await says('eg', /^False Invalid: .*-proxy-ready-.*: I do not like it/);
    await sleep(QUIET_MS);
    const before = await statuses();
    const since = Date.now();
    await leave(members[0]);
    await enter();
    await settle();
    expect(await writes(since)).toEqual([]);
    expect(await statuses()).toEqual(before);
    await reconnect(usual);
    await says('eg', /^True Programmed: .* 2\/2 envoy replicas/);
  });

  test('what a proxy refuses is said while others are still waited for', async () => {
    await leave(members[0]);
    await reconnect(refusing);
    const since = Date.now();
    await enter();
    await says('eg', /^False Invalid: .*I do not like it/, SLOW_MS);
    // That nobody comes of this one is said when no proxy is waited for any more.
    await says('other', /^False NoResources: .* 2 of 2 are up, but none has confirmed/, SLOW_MS);
    const noted = (await audit.writes()).filter(({ at }) => at >= since);
    const told = (name: string): number =>
      noted.findIndex((write) => write.resource === 'gateways/status' && write.name === name && write.user !== APISERVER);
    expect(told('eg')).toBeGreaterThanOrEqual(0);
    // Not in one breath with the other, then: the leader renewed its term in between.
    expect(noted.slice(told('eg'), told('other')).filter(({ resource }) => resource === 'leases')).not.toEqual([]);
    await reconnect(usual);
    for (const name of GATEWAYS) await says(name, /^True Programmed: .* 2\/2 envoy replicas/);
  });

  test('a change of a route that proxies refuse is told by that route alone, and as before when the operator is replaced', async () => {
    const fine = proxies[0]?.holds.get(ROUTES);
    let bad: string | undefined;
    const opinion: Opinion = (type, name, version) => {
      const away = quarantinedIn(version);
      const isPutAway = bad === undefined ? away.length > 0 : away.includes(bad);
      return `${type}/${name}` !== ROUTES || version === fine || isPutAway ? undefined : 'a bad route';
    };
    // All come back at once: as soon as they refused there is nobody more to be heard.
    await reconnect(usual.map(({ id, fleet }) => ({ id, fleet, opinion })));
    await until('it serves', async () => proxies[0]?.holds.get(ROUTES) === fine || undefined);
    await sleep(QUIET_MS);
    const changed = Date.now();
    await cluster.apply(httpRoute('plain', { host: 'plain.example.com', rule: redirectTo('bad.example.com') }));
    await until('the route says so', async () => JSON.stringify(await statuses()).includes('a bad route') || undefined);
    await until('it is put away', async () => (bad = quarantinedIn(proxies[0]?.holds.get(ROUTES) ?? '')[0]));
    await sleep(QUIET_MS);
    expect((await writes(changed)).filter((write) => write.includes('/status') && !write.includes(' httproutes/'))).toEqual([]);
    await replaced('in order');
    await cluster.apply(httpRoute('plain', { host: 'plain.example.com', rule: redirectTo('elsewhere.example.com') }));
    await reconnect(usual);
    for (const name of GATEWAYS) await says(name, /^True Programmed: .* 2\/2 envoy replicas/);
  });

  test('proxies that ended while no operator ran are told of as soon as one does', async () => {
    await leave(members[0]);
    await reconnect(usual.filter(({ fleet }) => fleet !== 'default/eg'));
    await run('eg', 0);
    const since = Date.now();
    await enter();
    await says('eg', /^False NoResources: Envoy replicas unavailable: 0 of 2 are ready\.$/, 10_000);
    await settle();
    expect((await writes(since)).filter((write) => write.includes('/status default/other'))).toEqual([]);
  });
});
