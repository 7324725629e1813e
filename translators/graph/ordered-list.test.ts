import fc from 'fast-check';
import { compareKeys, OrderedList } from './ordered-list.ts';

test('keys go by UTF-16 code unit, as sort() has them', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (keys) => {
      expect([...keys].sort(compareKeys)).toEqual([...keys].sort());
    }),
  );
});

test('whatever is added, deleted and read in between, the list is what sorting gives', () => {
  const step = fc.oneof(fc.record({ toggle: fc.integer({ min: 0, max: 200 }) }), fc.constant('read' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const list = new OrderedList<number>((a, b) => a - b);
      const model = new Set<number>();
      for (const next of steps) {
        if (next === 'read') expect(list.items()).toEqual([...model].sort((a, b) => a - b));
        else if (model.delete(next.toggle)) list.delete(next.toggle);
        else {
          model.add(next.toggle);
          list.add(next.toggle);
        }
        expect(list.size).toBe(model.size);
      }
      expect(list.items()).toEqual([...model].sort((a, b) => a - b));
    }),
  );
});

test('one change among ten thousand costs some fifteen compares a search', () => {
  let compares = 0;
  const items = Array.from({ length: 10_000 }, (_, i) => ({ rank: i }));
  const list = new OrderedList<{ rank: number }>((a, b) => {
    compares++;
    return a.rank - b.rank;
  }, items);
  const moved = items[5000] ?? { rank: -1 };
  list.delete(moved);
  list.add({ rank: 77.5 });
  expect(list.items()[78]).toEqual({ rank: 77.5 });
  expect(compares).toBeLessThanOrEqual(32);
  expect(list.size).toBe(10_000);
});
