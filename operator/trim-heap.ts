import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Above it a collection would hold everything up for too long, and V8 has collected by itself. Bytes. */
const SMALL = 128 * 1024 * 1024;
/** Until the first objects have been served. Milliseconds. */
const AFTER_MS = 3000;

type Collect = (options: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void;

/**
 * Gives memory back that only the start needed: what compiling the modules left takes more room than all that an operator keeps, and V8 itself would not
 * collect it as long as little happens. One collection of some 50 ms, a moment after the start; none where the heap is large.
 */
export function trimHeapSoon(afterMs = AFTER_MS): () => void {
  const timer = setTimeout(trimHeap, afterMs).unref();
  return () => clearTimeout(timer);
}

export function trimHeap(): void {
  if (getHeapStatistics().used_heap_size > SMALL) return;
  setFlagsFromString('--expose-gc');
  // Only contexts that are made after the flag was set have it.
  const collect = runInNewContext('gc') as Collect; // V8's own
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
