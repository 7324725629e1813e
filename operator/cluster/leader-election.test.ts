import { ELECTION_TIMES, LeaderElection, type LeaderElectionOptions } from './leader-election.ts';
import { HandClock, settled } from './testing/hand-clock.ts';
import { type Fate, LeaseStore } from './testing/lease-store.ts';

const LOST: Fate = { there: undefined, back: undefined };
const AT_ONCE: Fate = { there: 0, back: 0 };

describe('LeaderElection', () => {
  let clock: HandClock;
  let store: LeaseStore;
  let fates: Map<string, Fate>;
  let told: string[];
  let logged: string[];
  const running: LeaderElection[] = [];

  const candidate = (identity: string, options: Partial<LeaderElectionOptions> = {}): LeaderElection => {
    const election = new LeaderElection({
      client: store.client(() => fates.get(identity) ?? AT_ONCE),
      namespace: 'system',
      identity,
      address: () => `${identity}:18000`,
      clock,
      wallClock: () => clock.now(),
      random: () => 0.5,
      logger: { info: (message) => logged.push(message), warn: (message) => logged.push(message) },
      ...options,
    });
    election.onLeading((leading) => told.push(`${identity} ${leading ? 'leads' : 'follows'}`));
    running.push(election);
    return election;
  };

  const started = async (identity: string, options?: Partial<LeaderElectionOptions>): Promise<LeaderElection> => {
    const election = candidate(identity, options);
    election.start();
    await clock.advance(1);
    return election;
  };

  const stopped = async (election: LeaderElection): Promise<void> => {
    const done = election.stop();
    await settled();
    await clock.advance(20_000);
    await done;
  };

  beforeEach(() => {
    clock = new HandClock();
    store = new LeaseStore(clock);
    fates = new Map();
    told = [];
    logged = [];
  });
  afterEach(async () => {
    for (const election of running.splice(0)) await stopped(election);
  });

  test('the first one leads, and its Lease says who, where and for how long', async () => {
    const a = await started('a');
    expect(a.term?.aborted).toBe(false);
    expect(told).toEqual(['a leads']);
    expect(store.lease).toMatchObject({
      metadata: {
        namespace: 'system',
        name: '5b9825d2.gateway.envoyproxy.io',
        annotations: { 'gateway.envoyproxy.io/leader-address': 'a:18000' },
      },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0, acquireTime: '2026-01-01T00:00:00.000001Z' },
    });
  });

  test('the second one waits, and tells where the leader is', async () => {
    const a = await started('a');
    const holders: (string | undefined)[] = [];
    const b = candidate('b');
    b.onHolder((lease) => holders.push(lease?.address));
    b.start();
    await clock.advance(120_000);
    expect(a.term).toBeDefined();
    expect(b.term).toBeUndefined();
    expect([told, holders]).toEqual([['a leads'], ['a:18000']]);
  });

  test('a leader that is killed is followed when its lease has run out, not before', async () => {
    const a = await started('a');
    const b = await started('b');
    fates.set('a', LOST);
    await clock.advance(2_000);
    const lastSeen = clock.now();
    while (b.term === undefined) await clock.advance(100);
    expect(clock.now() - lastSeen).toBeGreaterThan(ELECTION_TIMES.leaseMs - 3_000);
    expect(clock.now() - lastSeen).toBeLessThan(ELECTION_TIMES.leaseMs + 3_000);
    expect(a.term).toBeUndefined();
    expect(told).toEqual(['a leads', 'a follows', 'b leads']);
    expect(store.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  test('a leader that cannot renew ends its term at the renew deadline and aborts what is under way', async () => {
    const a = await started('a');
    const term = a.term;
    fates.set('a', LOST);
    await clock.advance(ELECTION_TIMES.renewMs - 2_500);
    expect(term?.aborted).toBe(false);
    await clock.advance(2_500);
    expect(term?.aborted).toBe(true);
    expect(term?.reason).toMatchObject({ name: 'NotLeadingError' });
    expect(logged.at(-1)).toBe('a does not lead any more: its lease could not be renewed in time');
    fates.clear();
    await clock.advance(10_000);
    expect(a.term).toBeDefined();
    expect(a.term).not.toBe(term);
  });

  test('an API server that is away for less than the deadline ends nothing', async () => {
    const a = await started('a');
    const term = a.term;
    for (let outage = 0; outage < 5; outage += 1) {
      fates.set('a', LOST);
      await clock.advance(4_000);
      fates.clear();
      await clock.advance(8_000);
    }
    expect(a.term).toBe(term);
    expect(told).toEqual(['a leads']);
  });

  test('a process that was frozen does not lead when it wakes, before any timer has run', async () => {
    let frozen = 0;
    const own = { now: () => clock.now() + frozen, after: (ms: number, run: () => void) => clock.after(ms, run) };
    const a = await started('a', { clock: own });
    const term = a.term;
    frozen = 10_001;
    expect(a.term).toBeUndefined();
    expect(term?.aborted).toBe(true);
    expect(told).toEqual(['a leads', 'a follows']);
  });

  test('the clocks of the machines may differ by years', async () => {
    const shifted = (ms: number): Partial<LeaderElectionOptions> => ({
      clock: { now: () => clock.now() + ms, after: (wait, run) => clock.after(wait, run) },
      wallClock: () => clock.now() + ms,
    });
    const a = await started('a', shifted(-3e11));
    const b = await started('b', shifted(3e11));
    await clock.advance(120_000);
    expect([a.term !== undefined, b.term]).toEqual([true, undefined]);
  });

  test('a wall clock that stands still makes renewals that can be told apart', async () => {
    await started('a', { wallClock: () => 0 });
    const first = store.lease;
    await clock.advance(2_500);
    expect(store.lease?.spec).not.toEqual(first?.spec);
  });

  test('one that is stopped gives the Lease back, and the next one that looks leads at once', async () => {
    const a = await started('a');
    const b = await started('b');
    const stopping = a.stop();
    await settled();
    await clock.advance(2_000);
    await stopping;
    b.look();
    await settled();
    await clock.advance(1);
    expect(told).toEqual(['a leads', 'a follows', 'b leads']);
    expect(store.lease?.spec).toMatchObject({ holderIdentity: 'b' });
  });

  test('one that is stopped while the API server is away ends all the same', async () => {
    const a = await started('a');
    fates.set('a', LOST);
    await stopped(a);
    expect(told).toEqual(['a leads', 'a follows']);
    expect(store.lease?.spec).toMatchObject({ holderIdentity: 'a' });
  });

  test('one that is stopped before its first claim was confirmed does not leave a Lease behind', async () => {
    fates.set('a', { there: 100, back: 100 });
    const a = candidate('a');
    a.start();
    await settled();
    await clock.advance(350);
    expect([a.term, store.lease?.spec]).toEqual([undefined, expect.objectContaining({ holderIdentity: 'a' })]);
    await stopped(a);
    expect(told).toEqual([]);
    expect(store.lease?.spec).not.toHaveProperty('holderIdentity');
  });

  test('a renewal whose answer is lost does not hinder the next one', async () => {
    const a = await started('a');
    const term = a.term;
    fates.set('a', { there: 0, back: undefined });
    await clock.advance(2_500);
    fates.clear();
    await clock.advance(20_000);
    expect(a.term).toBe(term);
  });

  test('one that sees another holder stops at once, also if it was taken from it by hand', async () => {
    const a = await started('a');
    const { lease } = store;
    if (lease === undefined) throw new Error('there is no Lease');
    store.lease = {
      ...lease,
      metadata: { ...lease.metadata, resourceVersion: '77' },
      spec: { ...(lease.spec as object), holderIdentity: 'x' },
    };
    await clock.advance(2_500);
    expect(a.term).toBeUndefined();
    expect(logged.at(-1)).toBe('a does not lead any more: x holds the Lease');
  });

  test('a Lease that is deleted frees nobody from waiting for the one that held it', async () => {
    const a = await started('a');
    const b = await started('b');
    fates.set('a', LOST);
    store.remove();
    await clock.advance(9_000);
    expect([a.term !== undefined, b.term]).toEqual([true, undefined]);
    await clock.advance(9_000);
    expect([a.term, b.term !== undefined]).toEqual([undefined, true]);
  });

  test('of two that begin together one leads', async () => {
    const both = [candidate('a'), candidate('b')];
    for (const election of both) election.start();
    await settled();
    await clock.advance(30_000);
    expect(both.filter(({ term }) => term !== undefined)).toHaveLength(1);
  });

  test('how long others hold the Lease is what they say themselves', async () => {
    await started('a', { times: { leaseMs: 60_000, renewMs: 40_000 } });
    fates.set('a', LOST);
    const b = await started('b');
    await clock.advance(55_000);
    expect(b.term).toBeUndefined();
    await clock.advance(10_000);
    expect(b.term).toBeDefined();
  });

  test('times that leave no room for writes under way are refused', () => {
    expect(() => candidate('a', { times: { renewMs: 15_000 } })).toThrow(/renewDeadline shorter than leaseDuration/);
  });
});
