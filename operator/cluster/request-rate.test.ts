import { RequestRate } from './request-rate.ts';
import { HandClock, settled } from './testing/hand-clock.ts';

let clock: HandClock;
let through: number;

beforeEach(() => {
  clock = new HandClock();
  through = 0;
});

/** Asks so many times at once; answers what became of those that lost their turn. */
function ask(rate: RequestRate, times: number, signal?: AbortSignal): unknown[] {
  const lost: unknown[] = [];
  for (let i = 0; i < times; i++) {
    rate.take(signal).then(
      () => {
        through += 1;
      },
      (reason: unknown) => lost.push(reason),
    );
  }
  return lost;
}

test('a burst goes through, what is over it in the rhythm of the limit, first come first', async () => {
  const rate = new RequestRate({ qps: 10, burst: 3 }, clock);
  ask(rate, 6);
  await settled();
  expect(through).toBe(3);
  expect(clock.waits).toEqual([100, 200, 300]);
  await clock.advance(100);
  expect(through).toBe(4);
  await clock.advance(200);
  expect(through).toBe(6);
});

test('a quiet while fills the bucket again, and no further than to the burst', async () => {
  const rate = new RequestRate({ qps: 10, burst: 3 }, clock);
  ask(rate, 3);
  await clock.advance(60_000);
  ask(rate, 5);
  await settled();
  expect(through).toBe(6);
  expect(clock.waits).toEqual([100, 200]);
});

test('without a limit nobody waits, and a limit holds from when it is set', async () => {
  const rate = new RequestRate(undefined, clock);
  ask(rate, 1000);
  await settled();
  expect(through).toBe(1000);
  rate.set({ qps: 1, burst: 1 });
  ask(rate, 2);
  await settled();
  expect(through).toBe(1001);
  expect(clock.waits).toEqual([1000]);
  rate.set(undefined);
  ask(rate, 1);
  await settled();
  expect(through).toBe(1002);
});

test('whoever gives up waits no longer', async () => {
  const rate = new RequestRate({ qps: 1, burst: 1 }, clock);
  const giveUp = new AbortController();
  ask(rate, 1);
  const lost = ask(rate, 1, giveUp.signal);
  giveUp.abort(new Error('enough'));
  await settled();
  expect(lost).toEqual([new Error('enough')]);
  expect(clock.waits).toEqual([]);
  expect(through).toBe(1);
});
