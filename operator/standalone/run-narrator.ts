import { objectKey } from '../../translators/ir/object-key.ts';
import type { Clock } from '../cluster/clock.ts';
import { sleep } from '../cluster/clock.ts';
import type { ControlPlane, StatusChange } from '../control-plane.ts';
import type { Display } from './display.ts';
import type { ProxyState } from './envoy-process.ts';
import type { FileChange } from './file-provider.ts';
import { allListenersAnswer, boundPorts } from './listener-readiness.ts';
import { changeLine, errorLines, exampleRequest, mendedLines, servedLines } from './run-report.ts';
import type { ObjectStatus } from './status-lines.ts';
import { conditionsByPlace, statusLines } from './status-lines.ts';

const PROBE_MS = 50;
/** How long Gateways may take to hear from their proxies before statuses are shown as they are. */
const PATIENCE_MS = 2000;
/** Statuses that change within this time are shown once. */
const QUIET_MS = 150;

export interface NarratorOptions {
  readonly display: Display;
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  /** Ends all waiting. */
  readonly stopped: AbortSignal;
  /** Told whether all listeners answer; undefined: they do. */
  readonly onReadiness: (notReadyBecause: string | undefined) => void;
}

/** Tells a person what happens in a run: what is served, what an edit did, what is wrong, and when everything answers. */
export class RunNarrator {
  readonly #options: NarratorOptions;
  readonly #known = new Set<string>();
  readonly #problems = new Map<string, string>();
  readonly #told = new Map<string, ReadonlyMap<string, string>>();
  /** What was said to be ready last: the bound ports. */
  #ready: string | undefined;
  #started = false;
  #introduced = false;
  #watching: Promise<void> = Promise.resolve();
  #pending = new Map<string, ObjectStatus>();
  #timer: (() => void) | undefined;

  constructor(options: NarratorOptions) {
    this.#options = options;
    options.controlPlane.onStatus((changes) => this.#noteStatuses(changes));
  }

  /** The files changed. */
  change(change: FileChange): void {
    const { display } = this.#options;
    const directory = process.cwd();
    const line = changeLine(change, (id) => this.#known.has(id));
    for (const object of change.puts) this.#known.add(`${object.kind} ${objectKey(object)}`);
    for (const { kind, key } of change.removes) this.#known.delete(`${kind} ${key}`);
    for (const problem of errorLines(change.errors, display, directory)) display.print(problem);
    for (const mended of mendedLines(change.mended, display, directory)) display.print(mended);
    if (this.#introduced && line !== undefined) display.print(line);
    this.#watchPorts();
  }

  /** A proxy came up, or has a problem. The same problem is told once. */
  proxy(fleet: string, state: ProxyState): void {
    const { display, onReadiness } = this.#options;
    if (state.problem !== undefined && this.#problems.get(fleet) !== state.problem) {
      display.print(`${display.terminal ? display.colors.red('error') : 'error'}: Gateway ${fleet}: ${state.problem}`);
    }
    if (state.ready && this.#problems.delete(fleet)) {
      display.print(`Gateway ${fleet}: its proxy runs`);
      this.#watchPorts();
    } else if (state.problem !== undefined) {
      this.#problems.set(fleet, state.problem);
      onReadiness(`Gateway ${fleet}: ${state.problem}`);
    }
  }

  /** Everything runs: waits until all listeners answer and says so, now and whenever an edit has made the ports others. */
  start(): void {
    this.#started = true;
    this.#watchPorts();
  }

  #watchPorts(): void {
    if (this.#started) this.#watching = this.#watching.then(() => this.#awaitPorts());
  }

  async #awaitPorts(): Promise<void> {
    const { stopped, clock, controlPlane, onReadiness } = this.#options;
    await controlPlane.settled();
    for (let waited = 0; !stopped.aborted; waited += PROBE_MS) {
      const ports = boundPorts(controlPlane);
      if (ports.length === 0) return this.#nothing();
      if (ports.join() === this.#ready) return onReadiness(undefined);
      if (this.#problems.size === 0 && (await allListenersAnswer(controlPlane))) return this.#announce(ports);
      onReadiness('listeners do not answer yet');
      if (waited === PATIENCE_MS) this.#introduce();
      await sleep(clock, PROBE_MS, stopped);
    }
  }

  #nothing(): void {
    const { display, onReadiness } = this.#options;
    this.#introduce();
    onReadiness('nothing is served');
    if (this.#ready === '') return;
    this.#ready = '';
    display.print('Nothing is served: there is no Gateway with a valid listener in these files. Waiting for a change.');
  }

  async #announce(ports: readonly string[]): Promise<void> {
    const { display, controlPlane, onReadiness, clock, stopped } = this.#options;
    for (let waited = 0; waited < PATIENCE_MS && !this.#isProgrammed() && !stopped.aborted; waited += PROBE_MS)
      await sleep(clock, PROBE_MS, stopped);
    if (stopped.aborted) return;
    const rows = controlPlane.served();
    for (const line of servedLines(rows, display)) display.print(line);
    this.#introduce();
    this.#ready = ports.join();
    onReadiness(undefined);
    const count = ports.length === 1 ? '1 listener answers on port' : `${ports.length} listeners answer on ports`;
    display.print(`${display.colors.bold('Ready:')} ${count} ${ports.join(', ')}. Edit the files and it follows; Ctrl-C stops it.`);
    const example = exampleRequest(rows);
    if (example !== undefined) display.print(`Try: ${example}`);
  }

  #isProgrammed(): boolean {
    const gateways = this.#options.controlPlane.statuses().filter(({ kind }) => kind === 'Gateway');
    return gateways.every((gateway) => conditionsByPlace(gateway).get(' Programmed')?.startsWith('True') ?? true);
  }

  /** All statuses, the first time; later ones are told as they change. */
  #introduce(): void {
    const { display, controlPlane } = this.#options;
    if (this.#introduced) return;
    this.#introduced = true;
    this.#pending.clear();
    const statuses = controlPlane.statuses();
    for (const status of statuses) this.#told.set(`${status.kind} ${status.key}`, conditionsByPlace(status));
    for (const line of statusLines(statuses, display)) display.print(line);
  }

  #noteStatuses(changes: readonly StatusChange[]): void {
    for (const { kind, key, status } of changes) {
      if (status === undefined) this.#told.delete(`${kind} ${key}`);
      this.#pending.set(`${kind} ${key}`, { kind, key, status: status ?? {} });
    }
    if (!this.#introduced) return;
    this.#timer?.();
    this.#timer = this.#options.clock.after(QUIET_MS, () => this.#tellStatuses());
  }

  #tellStatuses(): void {
    const { display, stopped } = this.#options;
    if (stopped.aborted) return;
    const pending = this.#pending;
    this.#pending = new Map();
    const changed = [...pending].filter(([id, status]) => this.#isNews(id, status)).map(([, status]) => status);
    for (const line of statusLines(changed, display)) display.print(line);
  }

  /** Whether a condition says something else than what was told; a count of routes alone is no news. */
  #isNews(id: string, status: ObjectStatus): boolean {
    const told = this.#told.get(id);
    const now = conditionsByPlace(status);
    this.#told.set(id, now);
    return now.size !== (told?.size ?? 0) || [...now].some(([place, text]) => told?.get(place) !== text);
  }
}
