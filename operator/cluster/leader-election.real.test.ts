import { type KubernetesServer, startKubernetesServer } from '../../e2e/harness/kubernetes-server.ts';
import { type KubeClient, loadKubeClient } from './kube-client.ts';
import { LeaderElection, type LeaderElectionOptions } from './leader-election.ts';
import { LEASE, parseLease } from './lease.ts';
import { until } from './testing/until.ts';

/** Long enough that a machine with more to do than it can still renews in time. */
const TIMES = { leaseMs: 8_000, renewMs: 7_000, retryMs: 200 };
const LEASE_KEY = 'default/5b9825d2.gateway.envoyproxy.io';

describe('Leader election at a real API server', () => {
  let server: KubernetesServer;
  let client: KubeClient;
  let logged: string[];
  const running: LeaderElection[] = [];

  const start = (identity: string, by = client, more: Partial<LeaderElectionOptions> = {}): LeaderElection => {
    const log = (message: string): unknown => logged.push(message);
    const address = (): string => '10.0.0.1:18000';
    const election = new LeaderElection({
      client: by,
      namespace: 'default',
      identity,
      address,
      times: TIMES,
      logger: { info: log, warn: log },
      ...more,
    });
    running.push(election);
    election.start();
    return election;
  };
  const lease = async () => parseLease(await client.get(LEASE, LEASE_KEY));

  beforeAll(async () => {
    server = await startKubernetesServer();
    client = loadKubeClient({ kubeconfig: server.kubeconfigPath });
  });
  beforeEach(() => {
    logged = [];
  });
  afterEach(async () => {
    for (const election of running.splice(0)) await election.stop();
    await client.delete(LEASE, LEASE_KEY).catch(() => undefined);
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  test('the Lease is made, renewed, given back and taken again', async () => {
    const a = start('a');
    await until('a leads', () => a.term !== undefined);
    const first = await lease();
    expect(first).toMatchObject({ holder: 'a', durationMs: TIMES.leaseMs, transitions: 0, address: '10.0.0.1:18000' });
    const b = start('b');
    await new Promise((resolve) => setTimeout(resolve, TIMES.leaseMs + 1_000));
    expect([a.term?.aborted, b.term]).toEqual([false, undefined]);
    expect((await lease()).resourceVersion).not.toBe(first.resourceVersion);
    await a.stop();
    await until('b leads', () => b.term !== undefined);
    expect(await lease()).toMatchObject({ holder: 'b', transitions: 1 });
    await b.stop();
    expect(await lease()).toMatchObject({ holder: undefined, address: undefined });
  });

  test('the clocks of the machines may differ by years: nobody takes a Lease that is renewed, and one that is not goes to the next', async () => {
    const off = (ms: number): Partial<LeaderElectionOptions> => ({ wallClock: () => Date.now() + ms });
    const past = start('past', client, off(-3e11));
    await until('past leads', () => past.term !== undefined);
    const future = start('future', client, off(3e11));
    await new Promise((resolve) => setTimeout(resolve, TIMES.leaseMs + 1_000));
    expect([past.term?.aborted, future.term]).toEqual([false, undefined]);
    expect(await lease()).toMatchObject({ holder: 'past' });
    await past.stop();
    await until('future leads', () => future.term !== undefined);
    const later = start('later', client, off(-3e11));
    await new Promise((resolve) => setTimeout(resolve, TIMES.leaseMs + 1_000));
    expect([future.term?.aborted, later.term]).toEqual([false, undefined]);
  });

  test('of many that come at once one leads', async () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => start(name));
    await until('one leads', () => many.some(({ term }) => term !== undefined));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(many.filter(({ term }) => term !== undefined)).toHaveLength(1);
  });

  test('a Lease as another implementation leaves it is respected for as long as it says', async () => {
    const spec = {
      holderIdentity: 'envoy-gateway-7d9f_5c1b',
      leaseDurationSeconds: 5,
      acquireTime: '2020-01-01T00:00:00.000000Z',
      renewTime: '2020-01-01T00:00:00.000000Z',
      leaseTransitions: 7,
    };
    const [namespace = '', name = ''] = LEASE_KEY.split('/');
    await client.create(LEASE, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name }, spec });
    const begin = performance.now();
    const a = start('a');
    await until('a leads', () => a.term !== undefined);
    expect(performance.now() - begin).toBeGreaterThan(5_000);
    expect(await lease()).toMatchObject({ holder: 'a', transitions: 8 });
  });

  test('one that may not touch Leases does not lead, and says what it lacks', async () => {
    const restricted = loadKubeClient({ kubeconfig: server.restrictedKubeconfigPath });
    const a = start('a', restricted);
    await until('the complaint', () => logged.length > 0);
    expect(logged[0]).toMatch(/^The Lease cannot be read or written, trying again\. .*cannot get resource "leases"/);
    expect(a.term).toBeUndefined();
    await a.stop();
    await restricted.close();
  });
});
