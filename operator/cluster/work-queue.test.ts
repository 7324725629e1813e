import { HandClock, settled } from './testing/hand-clock.ts';
import { WorkQueue } from './work-queue.ts';

interface Run {
  readonly key: string;
  readonly end: (error?: Error) => void;
}

/** A queue whose work ends when the test says so. */
const manual = (concurrency: number) => {
  const clock = new HandClock();
  const runs: Run[] = [];
  const errors: string[] = [];
  const queue = new WorkQueue({
    process: (key) =>
      new Promise<void>((resolve, reject) => {
        runs.push({ key, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    concurrency,
    onError: (key, error, waitMs) => errors.push(`${key} ${(error as Error).message} ${waitMs}`),
    clock,
    random: () => 0,
  });
  const end = async (key: string, error?: Error): Promise<void> => {
    const run = runs.findLast((one) => one.key === key);
    if (run === undefined) throw new Error(`${key} never started`);
    run.end(error);
    await settled();
  };
  return { clock, queue, errors, end, started: () => runs.map(({ key }) => key) };
};

describe('WorkQueue', () => {
  test('runs a key once however often it was added before its turn', async () => {
    const { queue, started } = manual(8);
    queue.add('a');
    queue.add('a');
    queue.add('b');
    queue.add('a');
    await settled();
    expect(started()).toEqual(['a', 'b']);
  });

  test('starts in the turn in which a key was added', async () => {
    const { queue, started } = manual(1);
    queue.add('a');
    await Promise.resolve();
    expect(started()).toEqual(['a']);
  });

  test('runs a key once more that was added while it ran, and never twice at once', async () => {
    const { queue, started, end } = manual(8);
    queue.add('a');
    await settled();
    queue.add('a');
    queue.add('a');
    await settled();
    expect(started()).toEqual(['a']);
    await end('a');
    expect(started()).toEqual(['a', 'a']);
    await end('a');
    expect(started()).toEqual(['a', 'a']);
  });

  test('has no more under way than it may', async () => {
    const { queue, started, end } = manual(2);
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await settled();
    expect(started()).toEqual(['a', 'b']);
    await end('b');
    expect(started()).toEqual(['a', 'b', 'c']);
  });

  test('tries a failed key again by the back-off policy, and forgets the failures after a success', async () => {
    const { queue, started, end, errors, clock } = manual(8);
    queue.add('a');
    await settled();
    await end('a', new Error('one'));
    expect(clock.waits).toEqual([50]);
    await clock.advance(50);
    await end('a', new Error('two'));
    expect(clock.waits).toEqual([100]);
    await clock.advance(100);
    await end('a');
    queue.add('a');
    await settled();
    await end('a', new Error('three'));
    expect(errors).toEqual(['a one 50', 'a two 100', 'a three 50']);
    expect(started()).toHaveLength(4);
  });

  test('does not let a failing key hold up the others', async () => {
    const { queue, started, end } = manual(1);
    queue.add('bad');
    queue.add('good');
    await settled();
    await end('bad', new Error('no'));
    expect(started()).toEqual(['bad', 'good']);
  });

  test('tries a waiting key at once when it is added again', async () => {
    const { queue, started, end, clock } = manual(1);
    queue.add('a');
    await settled();
    await end('a', new Error('no'));
    queue.add('a');
    await settled();
    expect(started()).toEqual(['a', 'a']);
    expect(clock.waits).toEqual([]);
  });

  test('waits as long as the error asks for', async () => {
    const { queue, end, clock } = manual(1);
    queue.add('a');
    await settled();
    await end('a', Object.assign(new Error('slow down'), { retryAfterMs: 3_000 }));
    expect(clock.waits).toEqual([3_000]);
  });

  test('is idle when every key has been tried, whether it failed or not', async () => {
    const { queue, end } = manual(1);
    queue.add('a');
    queue.add('b');
    let idle = false;
    const waiting = queue.idle().then(() => {
      idle = true;
    });
    await settled();
    await end('a', new Error('no'));
    expect(idle).toBe(false);
    await end('b');
    await waiting;
    expect(queue.size).toBe(0);
  });

  test('has worked when every key succeeded, be it late; what goes on failing is waited for so long', async () => {
    const { queue, end, clock } = manual(2);
    queue.add('late');
    queue.add('never');
    let worked = 0;
    const count = (): number => (worked += 1);
    const [short, long] = [queue.worked(1000).then(count), queue.worked(60_000).then(count)];
    await settled();
    await end('late', new Error('no'));
    await end('never', new Error('no'));
    await clock.advance(100);
    await end('late');
    await end('never', new Error('no'));
    expect(worked).toBe(0);
    await clock.advance(900);
    await short;
    expect(worked).toBe(1);
    await end('never', new Error('no'));
    queue.forget('never');
    await long;
    expect(clock.waits).toEqual([]);
  });

  test('contains what work throws at once', async () => {
    const clock = new HandClock();
    const errors: unknown[] = [];
    const queue = new WorkQueue({
      process: (key) => {
        if (key === 'bad') throw new Error('at once');
      },
      concurrency: 1,
      onError: (_, error) => errors.push(error),
      clock,
    });
    queue.add('bad');
    queue.add('good');
    await queue.idle();
    expect(errors).toEqual([new Error('at once')]);
  });

  test('starts nothing after it was stopped', async () => {
    const { queue, started, end, clock } = manual(1);
    queue.add('a');
    queue.add('b');
    await settled();
    queue.stop();
    queue.add('c');
    await end('a', new Error('no'));
    await queue.idle();
    expect(started()).toEqual(['a']);
    expect(clock.waits).toEqual([]);
  });
});
