import fc from 'fast-check';
import type { Clock } from './clock.ts';
import { ELECTION_TIMES, LeaderElection } from './leader-election.ts';
import { parseLease } from './lease.ts';
import { HandClock, settled } from './testing/hand-clock.ts';
import { type Fate, LeaseStore } from './testing/lease-store.ts';

/** A request is not under way for longer, or it is lost: the time between the renew deadline and the end of the lease, less what the clocks may differ in their pace. */
const LONGEST_WAY = 4_000;
const CALM: Fate = { there: 5, back: 5 };
const LOST: Fate = { there: undefined, back: undefined };

/** A clock of another machine: shifted, and a little faster or slower. */
const skewed = (base: Clock, { shift, pace }: { readonly shift: number; readonly pace: number }): Clock => ({
  now: () => shift + base.now() * pace,
  after: (ms, run) => base.after(ms / pace, run),
});

const way = fc.option(fc.integer({ min: 0, max: LONGEST_WAY }), { freq: 5, nil: undefined });
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(CALM) },
  { weight: 2, arbitrary: fc.record({ there: way, back: way }) },
);
const machine = fc.record({
  shift: fc.integer({ min: -1e12, max: 1e12 }),
  pace: fc.double({ min: 0.95, max: 1.05, noNaN: true }),
  startsAt: fc.integer({ min: 0, max: 30_000 }),
  /** Of its requests, in turn. */
  fates: fc.array(fate, { minLength: 1, maxLength: 12 }),
  /** When it is cut off from the API server. */
  outages: fc.array(fc.record({ from: fc.integer({ min: 0, max: 240_000 }), ms: fc.integer({ min: 4_000, max: 40_000 }) }), {
    maxLength: 4,
  }),
  /** When it is stopped in order, if it is. */
  stopsAt: fc.option(fc.integer({ min: 30_000, max: 240_000 }), { nil: undefined }),
});

type Machine = typeof machine extends fc.Arbitrary<infer T> ? T : never;

const STEP = 250;
const STORM = 240_000;

class World {
  readonly clock = new HandClock();
  readonly store = new LeaseStore(this.clock);
  readonly elections: LeaderElection[];
  readonly stops: Promise<void>[] = [];
  /** Of each write the reign in which it was sent, in the order in which they arrived. */
  readonly written: number[] = [];
  readonly #reigns: number[] = [];
  readonly #machines: readonly Machine[];
  calm = false;

  constructor(machines: readonly Machine[]) {
    this.#machines = machines;
    this.elections = machines.map((each, index) => this.#candidate(each, index));
  }

  #candidate({ shift, pace, startsAt, stopsAt, fates, outages }: Machine, index: number): LeaderElection {
    let turn = 0;
    const began = this.clock.now();
    const isCutOff = (at: number): boolean => outages.some(({ from, ms }) => at >= from && at < from + ms);
    const next = (): Fate => {
      if (this.calm) return CALM;
      turn += 1;
      return isCutOff(this.clock.now() - began) ? LOST : (fates[turn % fates.length] ?? CALM);
    };
    const election = new LeaderElection({
      client: this.store.client(next),
      namespace: 'system',
      identity: `m${index}`,
      clock: skewed(this.clock, { shift, pace }),
      wallClock: () => 0,
      random: () => (index + 1) / 4,
      logger: { info: () => undefined, warn: () => undefined },
    });
    this.clock.after(startsAt, () => election.start());
    if (stopsAt !== undefined) this.clock.after(stopsAt, () => this.stops.push(election.stop()));
    return election;
  }

  get leaders(): readonly number[] {
    return this.elections.flatMap(({ term }, index) => (term === undefined ? [] : [index]));
  }

  /** Whoever leads writes something, which arrives after a while. */
  write(ms: number): void {
    for (const leader of this.leaders) {
      if (this.#reigns.at(-1) !== leader) this.#reigns.push(leader);
      const reign = this.#reigns.length;
      this.clock.after(ms, () => this.written.push(reign));
    }
  }

  get survivors(): number {
    return this.#machines.filter(({ stopsAt }) => stopsAt === undefined).length;
  }
}

const machines = fc.array(machine, { minLength: 2, maxLength: 4 });
const delays = fc.array(fc.integer({ min: 0, max: LONGEST_WAY }), { minLength: 1, maxLength: 7 });

async function storm(world: World, delayOf: (turn: number) => number): Promise<void> {
  for (let turn = 0; turn < STORM / STEP; turn += 1) {
    expect(world.leaders.length).toBeLessThanOrEqual(1);
    world.write(delayOf(turn));
    await world.clock.advance(STEP);
  }
  world.calm = true;
  await world.clock.advance(2 * ELECTION_TIMES.leaseMs + ELECTION_TIMES.renewMs);
}

test('never two at once, no write after one of the next leader, and always someone in the end', async () => {
  let writes = 0;
  await fc.assert(
    fc.asyncProperty(machines, delays, async (given, waits) => {
      const world = new World(given);
      // Those that stop in order wait for what they wrote before they give the Lease back: theirs arrive at once.
      const patient = given.every(({ stopsAt }) => stopsAt === undefined);
      await storm(world, (turn) => (patient ? (waits[turn % waits.length] ?? 0) : 0));
      expect(world.leaders).toHaveLength(Math.min(1, world.survivors));
      const holder = world.store.lease && parseLease(world.store.lease).holder;
      for (const index of world.leaders) expect(holder).toBe(`m${index}`);
      writes += world.written.length;
      expect(world.written).toEqual([...world.written].sort((a, b) => a - b));
      for (const election of world.elections) world.stops.push(election.stop());
      await settled();
      await world.clock.advance(20_000);
      await Promise.all(world.stops);
    }),
    { numRuns: 100 },
  );
  expect(writes).toBeGreaterThan(0);
});
