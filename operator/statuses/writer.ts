import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Clock, systemClock } from '../cluster/clock.ts';
import { errorText } from '../cluster/error-text.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { withStatus } from '../cluster/kubernetes-error.ts';
import { NotLeadingError } from '../cluster/leadership.ts';
import { type ObjectKey, type ResourceKind, resourceName } from '../cluster/resource-kind.ts';
import { compareVersions } from '../cluster/seen-versions.ts';
import { WorkQueue } from '../cluster/work-queue.ts';
import { Contest } from './contest.ts';
import type { DesiredStatus } from './desired-status.ts';
import { type Ownership, statusPatch } from './status-patch.ts';
import { WritePace } from './write-pace.ts';

export interface StatusWriterOptions {
  readonly client: Pick<KubeClient, 'get' | 'patch'>;
  readonly ownership: Ownership;
  /** The newest copy that the watch has brought, if any. */
  readonly live: (kind: ResourceKind, key: ObjectKey) => KubernetesObject | undefined;
  /** A status could not be written. `final`: not before it is put again. */
  readonly onProblem: (problem: StatusProblem) => void;
  /** Somebody else undoes what is written to an object, again and again. Told once, until something new is written to it. */
  readonly onContest: (kind: ResourceKind, key: ObjectKey) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export interface StatusProblem {
  readonly kind: ResourceKind;
  readonly key: ObjectKey;
  readonly message: string;
  readonly final: boolean;
}

/** One write that the API server answered, or that failed on the way. */
export interface StatusWrite {
  readonly kind: ResourceKind;
  readonly key: ObjectKey;
  readonly seconds: number;
  readonly ok: boolean;
}

/** Since the start. `unchanged`: looked at, nothing to write. `gone`: the object was deleted meanwhile. `refused`: the API server finds it invalid. */
export interface StatusCounters {
  readonly written: number;
  readonly unchanged: number;
  readonly conflicts: number;
  readonly gone: number;
  readonly refused: number;
  readonly failed: number;
}

const IN_FLIGHT = 8;
/** Others that write the same object all the time: after so many conflicts in a row it waits like any failure. */
const ATTEMPTS = 5;

interface Item {
  readonly kind: ResourceKind;
  readonly key: ObjectKey;
  desired: DesiredStatus;
  readonly pace: WritePace;
  readonly contest: Contest;
  /** Cancels the wait for the pace; undefined: it does not wait. */
  cancel: (() => void) | undefined;
  busy: boolean;
  changed: boolean;
  /** What our last write made of the object, until the watch brings it or something newer. */
  written: KubernetesObject | undefined;
}

const newItem = (kind: ResourceKind, key: ObjectKey, desired: DesiredStatus): Item => ({
  ...{ kind, key, desired, pace: new WritePace(), contest: new Contest() },
  ...{ cancel: undefined, busy: false, changed: true, written: undefined },
});

/**
 * Writes statuses: the newest one per object, at that object's pace, eight objects at a time. It compares with the newest copy of the object that
 * it knows, writes only what differs, and never causes itself more work: what it wrote comes back as a watch event that asks for the same again.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #clock: Clock;
  readonly #queue: WorkQueue;
  readonly #items = new Map<string, Item>();
  readonly #counters = { written: 0, unchanged: 0, conflicts: 0, gone: 0, refused: 0, failed: 0 };
  /** Told of each write. */
  onWrite: (write: StatusWrite) => void = () => undefined;
  #flushing = false;
  #leading = true;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#queue = new WorkQueue({
      process: (id) => this.#process(id),
      concurrency: IN_FLIGHT,
      onError: (id, error) => this.#failed(id, error),
      clock: this.#clock,
      ...(options.random === undefined ? {} : { random: options.random }),
    });
  }

  get counters(): StatusCounters {
    return { ...this.#counters };
  }

  /** Whether this process writes statuses. While it does not, what is asked for is not kept: whoever begins to lead asks for everything. */
  lead(leading: boolean): void {
    this.#leading = leading;
    if (!leading) for (const { kind, key } of [...this.#items.values()]) this.forget(kind, key);
  }

  /** Asks for this status, instead of any asked for earlier. */
  put(kind: ResourceKind, key: ObjectKey, desired: DesiredStatus): void {
    if (!this.#leading) return;
    const id = `${resourceName(kind)} ${key}`;
    const known = this.#items.get(id);
    const item = known ?? newItem(kind, key, desired);
    item.desired = desired;
    item.changed = true;
    this.#items.set(id, item);
    if (!item.busy) this.#schedule(id, item);
  }

  /** The object is gone: nothing more is written of it. */
  forget(kind: ResourceKind, key: ObjectKey): void {
    const id = `${resourceName(kind)} ${key}`;
    this.#items.get(id)?.cancel?.();
    this.#items.delete(id);
    this.#queue.forget(id);
  }

  /** Writes at once whatever waits, also what failed; resolves when all of it has been tried. For the end. */
  async flush(): Promise<void> {
    this.#flushing = true;
    for (const [id, item] of this.#items) {
      item.cancel?.();
      item.cancel = undefined;
      if (item.changed) this.#queue.add(id);
    }
    await this.#queue.idle();
    this.#flushing = false;
  }

  /** Drops what waits. */
  stop(): void {
    for (const item of this.#items.values()) item.cancel?.();
    this.#queue.stop();
    this.#items.clear();
  }

  #schedule(id: string, item: Item): void {
    item.cancel?.();
    item.cancel = undefined;
    const wait = this.#flushing ? 0 : item.pace.wait(this.#clock.now(), item.contest.gap(item.desired));
    if (wait === 0) {
      this.#queue.add(id);
      return;
    }
    item.cancel = this.#clock.after(wait, () => {
      item.cancel = undefined;
      this.#queue.add(id);
    });
  }

  async #process(id: string): Promise<void> {
    const item = this.#items.get(id);
    if (item === undefined) return;
    item.busy = true;
    try {
      await this.#write(item);
    } catch (error) {
      item.changed = true;
      throw error;
    } finally {
      item.busy = false;
    }
    // Forgotten meanwhile, or put anew.
    if (this.#items.get(id) !== item) return;
    if (item.changed) this.#schedule(id, item);
    else if (item.pace.isCalm(this.#clock.now()) && item.written === undefined) this.#items.delete(id);
  }

  async #write(item: Item): Promise<void> {
    let live = this.#newest(item) ?? (await this.#read(item));
    for (let attempt = 0; attempt < ATTEMPTS && live !== undefined; attempt += 1) {
      item.changed = false;
      const operations = statusPatch(live, item.desired, this.#options.ownership, new Date(this.#clock.now()));
      if (operations === undefined) {
        this.#counters.unchanged += 1;
        return;
      }
      const conflict = await this.#patch(item, operations);
      if (conflict === undefined) return;
      const again = await this.#read(item);
      if (again !== undefined && again.metadata.resourceVersion === live.metadata.resourceVersion) {
        this.#refuse(item, conflict);
        return;
      }
      this.#counters.conflicts += 1;
      live = again;
    }
    if (live !== undefined) throw new Error(`${ATTEMPTS} others in a row wrote it at the same moment`);
    item.changed = false;
    item.written = undefined;
    this.#counters.gone += 1;
  }

  /** The answer that it was made from another version of the object, else undefined. A failed `test` of a JSON Patch answers 422, as does an invalid status. */
  async #patch(item: Item, operations: readonly object[]): Promise<Error | undefined> {
    const { kind, key, desired } = item;
    const sent = performance.now();
    const answered = (ok: boolean): void => this.onWrite({ kind, key, seconds: (performance.now() - sent) / 1000, ok });
    try {
      item.pace.wrote(this.#clock.now());
      item.written = await this.#options.client.patch(item.kind, item.key, { type: 'json', operations }, { subresource: 'status' });
      this.#counters.written += 1;
      answered(true);
      if (item.contest.wrote(desired)) this.#options.onContest(kind, key);
      return undefined;
    } catch (error) {
      answered(false);
      if (withStatus(error, 404, 409, 422)) return error as Error;
      throw error;
    }
  }

  /** The newest copy known: the watch may lag behind our own last write, and would then show a status that is no longer there. */
  #newest(item: Item): KubernetesObject | undefined {
    const live = this.#options.live(item.kind, item.key);
    const { written } = item;
    if (live === undefined || written === undefined) return live;
    const newer = compareVersions(live.metadata.resourceVersion ?? '', written.metadata.resourceVersion ?? '') >= 0;
    if (newer) item.written = undefined;
    return newer ? live : written;
  }

  /** The object as it is now, undefined when it is gone. */
  #read(item: Item): Promise<KubernetesObject | undefined> {
    return this.#options.client.get(item.kind, item.key).catch((error: unknown) => {
      if (withStatus(error, 404)) return undefined;
      throw error;
    });
  }

  #refuse(item: Item, error: Error): void {
    this.#counters.refused += 1;
    this.#options.onProblem({ kind: item.kind, key: item.key, message: `Its status was refused. ${error.message}`, final: true });
  }

  #failed(id: string, error: unknown): void {
    const item = this.#items.get(id);
    if (item === undefined || error instanceof NotLeadingError) return;
    this.#counters.failed += 1;
    const message = `Its status could not be written, trying again. ${errorText(error)}`;
    this.#options.onProblem({ kind: item.kind, key: item.key, message, final: false });
  }
}
