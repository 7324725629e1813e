import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A process of its own: how much the heap holds is the whole process's matter. */
const measured = (body: string): readonly number[] => {
  const module = JSON.stringify(join(import.meta.dirname, 'trim-heap.ts'));
  const script = `import { trimHeap } from ${module};
    import { getHeapStatistics } from 'node:v8';
    const size = () => Math.round(getHeapStatistics().total_heap_size / 1e6);
    ${body}`;
  const out = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return JSON.parse(out);
};

test('what only the start needed is given back', () => {
  const [before = 0, after = 0, again = 0] = measured(`
    let garbage = Array.from({ length: 400_000 }, (_, i) => ({ i, text: 'x' + i }));
    garbage = undefined;
    const before = size();
    trimHeap();
    const after = size();
    trimHeap();
    console.log(JSON.stringify([before, after, size()]));`);
  expect(before).toBeGreaterThan(20);
  expect(after).toBeLessThan(before / 2);
  expect(again).toBeLessThanOrEqual(after);
});

test('a large heap is left to V8, garbage and all', () => {
  const [before = 0, after = 0] = measured(`
    const kept = Array.from({ length: 3_000_000 }, (_, i) => ({ i, text: 'x' + i }));
    let garbage = Array.from({ length: 600_000 }, (_, i) => ({ i, text: 'y' + i }));
    garbage = undefined;
    const before = size();
    trimHeap();
    console.log(JSON.stringify([before, size(), kept.length]));`);
  expect(before).toBeGreaterThan(150);
  expect(after).toBeGreaterThan(before - 10);
});
