import { Agenda } from './agenda.ts';
import type { DeriveOptions, Transform } from './collection.ts';
import { distinct } from './distinct.ts';
import { equal } from './equal.ts';
import type { Node, Place } from './node.ts';
import type { Rival } from './ownership.ts';
import { Ownership } from './ownership.ts';
import { RememberingFetch } from './remembering-fetch.ts';
import { Run } from './run.ts';
import type { Dependent, Provenance } from './table.ts';
import { Table } from './table.ts';
import type { Step } from './watchers.ts';

/** The outputs of one run before they are committed. */
interface Staged<O> {
  readonly keys: readonly string[];
  readonly values: readonly O[];
}

interface Failure {
  readonly error: unknown;
}

const NOTHING: Staged<never> = { keys: [], values: [] };

interface Parts<I, O> {
  readonly from: Table<I>;
  readonly transform: Transform<I, O>;
  readonly options: DeriveOptions<I, O>;
}

/**
 * One transform and the runs of all its inputs. A run is staged, then committed whole or not at all.
 *
 * A throw keeps the input's last good outputs. Two inputs that yield one key are a bug too, but are contained otherwise: the input that
 * comes first in key order has the key, the other one gets its `whenBroken` outputs (or none) whole, also when it was there earlier.
 * So the outcome does not depend on who came first. The loser runs again whenever a key it wanted changes hands; as it always comes after
 * the owner in key order, one sweep in key order is enough.
 */
export class Derivation<I, O> implements Node, Dependent<I>, Provenance {
  readonly output: Table<O>;
  readonly #place: Place;
  readonly #parts: Parts<I, O>;
  readonly #fetch: RememberingFetch;
  readonly #agenda = new Agenda();
  readonly #runs = new Map<string, Run>();
  readonly #ownership: Ownership;
  /** Keys that lost their owner in this sweep. They go at its end, so that a key that only changes hands is never gone. */
  readonly #ownerless = new Set<string>();

  constructor(place: Place, parts: Parts<I, O>) {
    this.#place = place;
    this.#parts = parts;
    this.#ownership = new Ownership(place.tally, (key) => this.#runs.get(key));
    this.#fetch = new RememberingFetch(place);
    this.output = new Table(place, parts.options.equals ?? equal);
    this.output.provenance = this;
    parts.from.feed(this);
  }

  get dirty(): boolean {
    return !this.#agenda.empty;
  }
  get unfinished(): boolean {
    return !this.#agenda.swept;
  }

  changed(key: string): void {
    this.mark(key);
  }
  mark(key: string): void {
    this.#agenda.mark(key);
  }

  work(budget: number): number {
    if (this.#agenda.swept) this.#agenda.open();
    let done = 0;
    for (; done < budget && !this.#agenda.swept; done++) this.#turn(this.#agenda.next() ?? '');
    if (this.#agenda.swept) this.#sweepOut();
    return done;
  }

  behind(key: string): readonly Step[] {
    const run = this.#ownership.ownerOf(key);
    if (!run) return [];
    return [{ collection: this.#parts.from.name, key: run.key }, ...run.looks.flatMap((watch) => watch.seen())];
  }

  #turn(key: string): void {
    const input = this.#parts.from.get(key);
    const known = this.#runs.get(key);
    if (known) this.#ownership.stopWaiting(known);
    if (input !== undefined) this.#run(known ?? this.#start(key), input);
    else if (known) this.#retire(known);
  }

  #start(key: string): Run {
    const run = new Run(this, key);
    this.#runs.set(key, run);
    return run;
  }

  #retire(run: Run): void {
    this.#fetch.begin(run);
    this.#fetch.end();
    this.#commit(run, NOTHING);
    this.#runs.delete(run.key);
    this.#place.contained.lift(run.key);
  }

  #run(run: Run, input: I): void {
    const outcome = this.#attempt(run, input);
    if ('error' in outcome) {
      this.#keep(run, input, outcome.error);
      return;
    }
    const rival = sameKeys(run.outputs, outcome.keys) ? undefined : this.#ownership.rivalOf(run, outcome.keys);
    if (rival) this.#lose(run, input, { keys: outcome.keys, rival });
    else this.#succeed(run, outcome);
  }

  #attempt(run: Run, input: I): Staged<O> | Failure {
    this.#place.contained.counter.runs++;
    this.#fetch.begin(run);
    try {
      return this.#stage(this.#parts.transform(input, this.#fetch, run.key));
    } catch (error) {
      return { error };
    } finally {
      this.#fetch.end();
    }
  }

  #stage(outputs: Iterable<readonly [key: string, value: O]>): Staged<O> {
    const keys: string[] = [];
    const values: O[] = [];
    for (const [key, value] of outputs) {
      if (value === undefined) throw new Error(`output ${key} is undefined; leave it out instead`);
      keys.push(key);
      values.push(this.output.settled(key, value));
    }
    if (distinct(keys).length < keys.length) throw new Error(`output ${repeated(keys)} was yielded twice by one run; yield each key once`);
    return { keys, values };
  }

  #succeed(run: Run, staged: Staged<O>): void {
    this.#commit(run, staged);
    run.good = true;
    this.#place.contained.lift(run.key);
    // Without outputs and looks there is nothing to remember, but that it once was good, where that decides about a safe answer.
    if (run.isEmpty && this.#parts.options.whenBroken === undefined) this.#runs.delete(run.key);
  }

  #keep(run: Run, input: I, error: unknown): void {
    if (!run.good) this.#commit(run, this.#safeAnswer(run, input));
    this.#place.contained.fail(run.key, error, run.good);
  }

  #lose(run: Run, input: I, { keys, rival }: { readonly keys: readonly string[]; readonly rival: Rival }): void {
    this.#ownership.wait(run, keys);
    run.good = false;
    this.#commit(run, this.#safeAnswer(run, input));
    this.#place.contained.fail(
      run.key,
      `output ${rival.key} belongs to input ${rival.owner} already; make what inputs share with a group`,
      false,
    );
  }

  #safeAnswer(run: Run, input: I): Staged<O> {
    try {
      const staged = this.#stage(this.#parts.options.whenBroken?.(input, run.key) ?? []);
      if (!this.#ownership.rivalOf(run, staged.keys)) return staged;
      this.#ownership.wait(run, staged.keys);
    } catch {
      // The fault that asked for the safe answer is the one to report; without a safe answer there is none.
    }
    return NOTHING;
  }

  #commit(run: Run, { keys, values }: Staged<O>): void {
    const before = run.outputs;
    // What it owns already, as nearly every run but the first does, needs no owner looked up.
    const owned = sameKeys(before, keys);
    if (!owned) run.outputs = keys;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string; // in bounds
      if (!owned) this.#own(run, key);
      this.output.write(key, values[i] as O); // as many values as keys
    }
    if (!owned) this.#releaseAllBut(run, before, keys);
  }

  #own(run: Run, key: string): void {
    const owner = this.#ownership.ownerOf(key);
    if (owner === run) return;
    if (owner) this.#evict(owner, key);
    this.#ownership.take(key, run);
    this.#ownerless.delete(key);
    this.#callWaiting(key, run);
  }

  #releaseAllBut(run: Run, before: readonly string[], keys: readonly string[]): void {
    const stay = before.length > 0 ? new Set(keys) : undefined;
    for (const key of before) if (!stay?.has(key)) this.#release(run, key);
  }

  #release(run: Run, key: string): void {
    this.#ownership.release(key);
    this.#ownerless.add(key);
    this.#callWaiting(key, run);
  }

  /** A smaller input takes `key`, so `loser` has to make do without any of its outputs or find others, later in this sweep. */
  #evict(loser: Run, key: string): void {
    for (const other of loser.outputs) if (other !== key) this.#release(loser, other);
    loser.outputs = [];
    loser.good = false;
    this.#agenda.addToSweep(loser.key);
  }

  #callWaiting(key: string, run: Run): void {
    for (const waiting of this.#ownership.waitingFor(key)) if (waiting.key > run.key) this.#agenda.addToSweep(waiting.key);
  }

  #sweepOut(): void {
    for (const key of this.#ownerless) this.output.write(key, undefined);
    this.#ownerless.clear();
  }
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, i) => key === b[i]);
}

function repeated(keys: readonly string[]): string | undefined {
  return keys.find((key, i) => keys.indexOf(key) !== i);
}
