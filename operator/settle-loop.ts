import type { EndpointPipeline } from '../translators/endpoint-pipeline.ts';
import type { Pipeline } from '../translators/pipeline.ts';

/** Transform runs between two looks at the event loop; some milliseconds' worth. */
const RUNS_PER_SLICE = 500;

/**
 * Turns what was put into committed collections: one turn's events make one settle. Endpoints settle between any two slices of the
 * main graph, so that they never wait for routes.
 */
export class SettleLoop {
  readonly #main: Pipeline;
  readonly #endpoints: EndpointPipeline;
  readonly #published: () => void;
  #open = false;
  #scheduled = false;
  #closed = false;
  #waiting: (() => void)[] = [];

  /** `published` is called after each commit, when both graphs are of one mind. */
  constructor(main: Pipeline, endpoints: EndpointPipeline, published: () => void) {
    this.#main = main;
    this.#endpoints = endpoints;
    this.#published = published;
    main.graph.onCommit(main.wanted, (changes) => {
      for (const { key, next } of changes) endpoints.inputs.wanted.put(key, next);
    });
  }

  /** From now on what is put is settled. Before, everything waits: partial input is never truth. */
  open(): void {
    this.#open = true;
    this.schedule();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  schedule(): void {
    if (!this.#open || this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice(this.#main.graph.settleSlices(RUNS_PER_SLICE)));
  }

  /** Resolves when what was put so far is committed. */
  settled(): Promise<void> {
    if (this.#closed || !this.#open || !this.#isPending()) return Promise.resolve();
    this.schedule();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#closed = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #isPending(): boolean {
    return this.#scheduled || this.#main.graph.pending || this.#endpoints.graph.pending;
  }

  #slice(slices: Generator<void>): void {
    if (this.#closed) return;
    const done = slices.next().done === true;
    if (this.#endpoints.graph.pending) this.#endpoints.graph.settle();
    this.#published();
    if (!done) {
      setImmediate(() => this.#slice(slices));
      return;
    }
    this.#scheduled = false;
    if (this.#main.graph.pending || this.#endpoints.graph.pending) this.schedule();
    else for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
