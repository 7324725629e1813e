import fc from 'fast-check';
import { type EndTurn, FairTurns, type TurnLimits } from './fair-turns.ts';

const LIMITS: TurnLimits = {
  maxInFlight: 4,
  maxInFlightOfNetwork: 3,
  maxInFlightOfOne: 2,
  maxWaiting: 8,
  maxWaitingOfNetwork: 7,
  maxWaitingOfOne: 6,
};

/** Addresses of one /64 of IPv6, and one of another; all other peers are networks of their own. */
const ADDRESSES: Readonly<Record<string, string>> = { x: 'fd00:0:0:1::1', y: 'fd00:0:0:1::2', z: 'fd00:0:0:1:ffff::', w: 'fd00:0:0:2::1' };

/** Who has a turn, who was turned away, in that order; each is named `<peer><number>`. */
class Scene {
  readonly running = new Map<string, EndTurn>();
  readonly begun: string[] = [];
  readonly turnedAway: string[] = [];
  readonly #turns: FairTurns;
  #made = 0;

  constructor(limits: Partial<TurnLimits> = {}) {
    this.#turns = new FairTurns({ ...LIMITS, ...limits });
  }

  async come(...peers: readonly string[]): Promise<void> {
    for (const peer of peers) {
      this.#made += 1;
      const name = `${peer}${this.#made}`;
      void this.#turns.take(ADDRESSES[peer] ?? peer).then((end) => {
        if (end === undefined) this.turnedAway.push(name);
        else {
          this.begun.push(name);
          this.running.set(name, end);
        }
      });
    }
    await settled();
  }

  async end(name: string | undefined): Promise<void> {
    if (name === undefined) return;
    this.running.get(name)?.();
    this.running.delete(name);
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('no peer has all turns, and they go round', async () => {
  const scene = new Scene();
  await scene.come('a', 'a', 'a', 'a', 'b', 'c', 'c', 'd');
  expect(scene.begun).toEqual(['a1', 'a2', 'b5', 'c6']);
  await scene.end('a1');
  expect(scene.begun.slice(4)).toEqual(['a3']);
  await scene.end('b5');
  expect(scene.begun.slice(5)).toEqual(['c7']);
  await scene.end('a2');
  expect(scene.begun.slice(6)).toEqual(['d8']);
  await scene.end('a3');
  expect(scene.begun.slice(7)).toEqual(['a4']);
  for (const name of [...scene.running.keys()]) await scene.end(name);
  await scene.come('a', 'a', 'b', 'b', 'c');
  expect(scene.begun.slice(8)).toEqual(['a9', 'a10', 'b11', 'b12']);
});

test('when as many wait as may, whoever has most of them loses the last, not who comes', async () => {
  const scene = new Scene({ maxInFlight: 1, maxInFlightOfOne: 1 });
  await scene.come('a', 'a', 'a', 'a', 'a', 'a', 'a', 'a');
  expect(scene.turnedAway).toEqual(['a8']);
  await scene.come('b', 'b', 'b');
  expect(scene.turnedAway).toEqual(['a8', 'a7']);
  // Four of a and four of b wait.
  await scene.come('b', 'b', 'c');
  expect(scene.turnedAway).toEqual(['a8', 'a7', 'a6', 'b13', 'a5']);
  await scene.end('a1');
  expect(scene.begun).toEqual(['a1', 'a2']);
  await scene.end('a2');
  await scene.end('b9');
  expect(scene.begun.slice(2)).toEqual(['b9', 'c14']);
});

test('the addresses of a /64 have one share of the turns, and take them one after the other', async () => {
  const scene = new Scene();
  await scene.come('x', 'x', 'x', 'x', 'y', 'y', 'a', 'z', 'w');
  expect(scene.begun).toEqual(['x1', 'x2', 'y5', 'a7']);
  await scene.end('y5');
  expect(scene.begun.slice(4)).toEqual(['y6']);
  await scene.end('x1');
  expect(scene.begun.slice(5)).toEqual(['w9']);
  await scene.end('a7');
  expect(scene.begun.slice(6)).toEqual(['x3']);
  await scene.end('x2');
  expect(scene.begun.slice(7)).toEqual(['z8']);
});

test('whoever has many addresses of a /64 keeps no other network waiting for more than its turn', async () => {
  const scene = new Scene({ maxInFlight: 1 });
  await scene.come('x', 'y', 'z', 'x', 'y', 'z', 'a', 'w');
  const order = [];
  for (let name = scene.begun.at(-1); scene.running.size > 0; name = scene.begun.at(-1)) {
    order.push(name);
    await scene.end(name);
  }
  expect(order).toEqual(['x1', 'y2', 'a7', 'w8', 'z3', 'x4', 'y5', 'z6']);
});

test('a /64 has one share of those who wait: the address with most of them loses the last, and no other network does', async () => {
  const scene = new Scene({ maxInFlight: 1 });
  await scene.come('a', 'a', 'x', 'x', 'x', 'x', 'y', 'y', 'z');
  expect(scene.turnedAway).toEqual([]);
  // Seven of the network wait, which is its bound; then as many as may in all.
  await scene.come('y', 'z');
  expect(scene.turnedAway).toEqual(['x6', 'x5']);
  await scene.come('w', 'b');
  expect(scene.turnedAway.slice(2)).toEqual(['y10', 'x4']);
});

test('whatever happens the bounds hold, nobody is forgotten, and a peer with room runs where a place is free', async () => {
  const event = fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'd', 'x', 'y', 'z', 'w').map((come) => ({ come })),
    fc.nat(9).map((end) => ({ end })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
      const scene = new Scene();
      let came = 0;
      for (const each of events) {
        if ('come' in each) {
          came += 1;
          await scene.come(each.come);
        } else await scene.end([...scene.running.keys()][each.end]);
        const running = [...scene.running.keys()].map((name) => name.charAt(0));
        expect(running.length).toBeLessThanOrEqual(LIMITS.maxInFlight);
        for (const peer of 'abcdxyzw') expect(running.filter((one) => one === peer).length).toBeLessThanOrEqual(LIMITS.maxInFlightOfOne);
        expect(running.filter((one) => 'xyz'.includes(one)).length).toBeLessThanOrEqual(LIMITS.maxInFlightOfNetwork);
        expect(came - scene.begun.length - scene.turnedAway.length).toBeLessThanOrEqual(LIMITS.maxWaiting);
      }
      while (scene.running.size > 0) await scene.end([...scene.running.keys()][0]);
      expect(scene.begun.length + scene.turnedAway.length).toBe(came);
    }),
    { numRuns: 60 },
  );
});
