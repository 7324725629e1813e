import type { Containment } from './containment.ts';
import type { Site } from './table.ts';

/** Something with work to do in a settle. */
export interface Node {
  /** Something waits to be worked on. */
  readonly dirty: boolean;
  /** The budget has cut off a sweep; the next node must wait for its end. */
  readonly unfinished: boolean;
  /** Does up to `budget` transform runs (groups, counts and joins do all they have) and tells how much it did. */
  work(budget: number): number;
}

/** Where a new node stands and where its faults go. */
export interface Place extends Site {
  readonly contained: Containment;
}
