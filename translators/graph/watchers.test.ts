import type { Tally } from './watchers.ts';
import { Watchers } from './watchers.ts';

function watched() {
  const tally: Tally = { watches: 0, run: 0 };
  const watchers = new Watchers(tally, (key) => [{ collection: 'c', key }]);
  const woken: string[] = [];
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ wake: () => void woken.push(name) }));
  if (!a || !b || !c) throw new Error('three names make three wakers');
  const wake = (key: string) => {
    woken.length = 0;
    watchers.wake(key);
    return [...woken];
  };
  return { tally, watchers, wake, a, b, c };
}

test('all who look are woken, each once, and only by their key', () => {
  const { watchers, wake, a, b, c } = watched();
  for (const waker of [a, b, c, b, a]) watchers.at('x').add(waker);
  watchers.at('y').add(b);
  expect([wake('x'), wake('y'), wake('z')]).toEqual([['a', 'b', 'c'], ['b'], []]);
});

test('who looks again after the first has gone is there once', () => {
  const { tally, watchers, wake, a, b } = watched();
  const watch = watchers.at('x');
  watch.add(a);
  watch.add(b);
  watch.delete(a);
  watch.add(b);
  expect(wake('x')).toEqual(['b']);
  watch.delete(b);
  expect([wake('x'), tally.watches]).toEqual([[], 0]);
});

test('a watch is there while somebody looks', () => {
  const { tally, watchers, a, b } = watched();
  watchers.at('x').add(a);
  watchers.at('x').add(b);
  watchers.at('y').add(a);
  expect(tally.watches).toBe(2);
  watchers.at('x').delete(a);
  expect(tally.watches).toBe(2);
  watchers.at('x').delete(b);
  watchers.at('y').delete(a);
  expect(tally.watches).toBe(0);
});

test('many who look are woken, each once, whoever of them has gone', () => {
  const { tally, watchers, wake } = watched();
  const woken: number[] = [];
  const many = Array.from({ length: 30 }, (_, i) => ({ wake: () => void woken.push(i) }));
  const look = () => {
    for (const waker of many) watchers.at('x').add(waker);
  };
  look();
  look();
  for (const i of [0, 5, 29]) watchers.at('x').delete(many[i] ?? { wake: () => undefined });
  wake('x');
  expect(woken).toEqual(many.map((_, i) => i).filter((i) => ![0, 5, 29].includes(i)));
  look();
  woken.length = 0;
  wake('x');
  expect(woken.toSorted((a, b) => a - b)).toEqual(many.map((_, i) => i));
  for (const waker of many) watchers.at('x').delete(waker);
  expect(tally.watches).toBe(0);
});
