import { setTimeout as sleep } from 'node:timers/promises';
import type { ResourceType } from '../../xds/resource.ts';
import { AutoProxy, type Opinion } from '../../xds/testing/auto-proxy.ts';
import { DeltaClient } from '../../xds/testing/delta-client.ts';

export interface RoamingPlan {
  readonly id: string;
  /** The Gateway's fleet, `<namespace>/<name>`. */
  readonly fleet: string;
  /** Ports of the replicas, the one to try first at the front; asked before each connection. */
  readonly ports: () => readonly number[];
  readonly opinion?: Opinion;
}

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
      await this.#serve(ports[turn % ports.length] ?? 0);
      await sleep(50);
    }
  }

  async #serve(port: number): Promise<void> {
    const client = new DeltaClient(`127.0.0.1:${port}`, { id: this.#plan.id, cluster: this.#plan.fleet });
    this.#client = client;
    const proxy = new AutoProxy(client, this.#plan.opinion);
    for (const [key, version] of this.holds) proxy.holds.set(key, version);
    for (const type of ['cluster', 'listener'] as const) client.ask(type, { held: this.#held(type) });
    client.ask('routeConfiguration', { subscribe: [`${this.#plan.fleet}/http`], held: this.#held('routeConfiguration') });
    while (this.#going && client.status === undefined) {
      await proxy.settle();
      for (const [key, version] of proxy.holds) this.holds.set(key, version);
      await sleep(20);
    }
    client.close();
  }

  #held(type: ResourceType): Readonly<Record<string, string>> {
    const own = [...this.holds].filter(([key]) => key.startsWith(`${type}/`));
    return Object.fromEntries(own.map(([key, version]) => [key.slice(type.length + 1), version]));
  }
}
