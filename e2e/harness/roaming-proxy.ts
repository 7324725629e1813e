import { setTimeout as sleep } from 'node:timers/promises';
import type { ResourceType } from '../../xds/resource.ts';
import { AutoProxy, type Opinion } from '../../xds/testing/auto-proxy.ts';
import { DeltaClient, type Way } from '../../xds/testing/delta-client.ts';

export interface RoamingPlan {
  readonly id: string;
  /** The Gateway's fleet, `<namespace>/<name>`. */
  readonly fleet: string;
  /** Ports of the replicas, the one to try first at the front; asked before each connection. */
  readonly ports: () => readonly number[];
  readonly opinion?: Opinion;
  /** How it reaches them; default: without certificates. */
  readonly channel?: Way['channel'];
  /** How long it stays away when its stream has ended. Milliseconds; default: a moment. */
  readonly awayMs?: number;
  /** How long it looks at the first that it is sent on a stream. Milliseconds; default: no time. */
  readonly hesitationMs?: number;
}

const MOMENT_MS = 50;

/** A proxy by script that takes what it is sent, unless it has an opinion. When its stream ends it goes to the next replica, as Envoy behind a Service does, and says what it holds. */
export class RoamingProxy {
  /** By type and name, the versions that it took last. */
  readonly holds = new Map<string, string>();
  readonly #plan: RoamingPlan;
  readonly #done: Promise<void>;
  #client: DeltaClient | undefined;
  #going = true;

  constructor(plan: RoamingPlan) {
    this.#plan = plan;
    this.#done = this.#roam();
  }

  async stop(): Promise<void> {
    this.#going = false;
    this.#client?.close();
    await this.#done;
  }

  async #roam(): Promise<void> {
    for (let turn = 0; this.#going; turn += 1) {
      const ports = this.#plan.ports();
      const served = ports.length > 0 && (await this.#serve(ports[turn % ports.length] ?? 0));
      await this.#pause(served ? (this.#plan.awayMs ?? MOMENT_MS) : MOMENT_MS);
    }
  }

  async #pause(ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (this.#going && performance.now() < end) await sleep(20);
  }

  /** Answers whether anything came of it. */
  async #serve(port: number): Promise<boolean> {
    const { id, fleet: cluster, channel } = this.#plan;
    const client = new DeltaClient(`127.0.0.1:${port}`, { id, cluster }, channel === undefined ? {} : { channel });
    this.#client = client;
    const proxy = new AutoProxy(client, this.#plan.opinion);
    for (const [key, version] of this.holds) proxy.holds.set(key, version);
    for (const type of ['cluster', 'listener'] as const) client.ask(type, { held: this.#held(type) });
    client.ask('routeConfiguration', { subscribe: [`${this.#plan.fleet}/http`], held: this.#held('routeConfiguration') });
    await this.#pause(this.#plan.hesitationMs ?? 0);
    let taken = false;
    while (this.#going && client.status === undefined) {
      await proxy.settle();
      taken ||= client.status === undefined;
      for (const [key, version] of proxy.holds) this.holds.set(key, version);
      await sleep(20);
    }
    client.close();
    return taken;
  }

  #held(type: ResourceType): Readonly<Record<string, string>> {
    const own = [...this.holds].filter(([key]) => key.startsWith(`${type}/`));
    return Object.fromEntries(own.map(([key, version]) => [key.slice(type.length + 1), version]));
  }
}
