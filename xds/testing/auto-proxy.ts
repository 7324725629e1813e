import type { Resource, ResourceType } from '../resource.ts';
import type { DeltaClient, Received } from './delta-client.ts';

/** Looks at one resource as a proxy would; a message refuses the whole response. */
export type Opinion = (type: ResourceType, name: string, version: string) => string | undefined;

/**
 * A proxy that behaves as Envoy does: subscribes to clusters and listeners, then to the load assignments and routes that it
 * is told to, applies what it gets and answers it. Holds what it took, by type and name.
 */
export class AutoProxy {
  readonly client: DeltaClient;
  readonly holds = new Map<string, string>();
  readonly removed: string[] = [];
  readonly refused: string[] = [];
  readonly #opinion: Opinion;

  constructor(client: DeltaClient, opinion: Opinion = () => undefined) {
    this.client = client;
    this.#opinion = opinion;
  }

  /** The version that it holds. */
  version(type: ResourceType, name: string): string | undefined {
    return this.holds.get(`${type}/${name}`);
  }

  /** Answers everything until nothing more comes. */
  async settle(): Promise<void> {
    for (let received = await this.client.take(); received.length > 0; received = await this.client.take()) {
      for (const response of received) this.#answer(response);
    }
  }

  #answer(response: Received): void {
    const { type, resources, removed } = response;
    const opinions = Object.entries(resources).map(([name, version]) => this.#opinion(type, name, version));
    const error = opinions.find((message) => message !== undefined);
    if (error !== undefined) {
      this.refused.push(...Object.entries(resources).map(([name, version]) => `${type}/${name}@${version}`));
      this.client.nack(response, error);
      return;
    }
    for (const [name, version] of Object.entries(resources)) this.holds.set(`${type}/${name}`, version);
    for (const name of removed) if (this.holds.delete(`${type}/${name}`)) this.removed.push(`${type}/${name}`);
    this.client.ack(response);
  }
}

/** Everything of these resources, by type and name, with its version. */
export const versionsOf = (resources: readonly Resource[]): ReadonlyMap<string, string> =>
  new Map(resources.map(({ type, name, version }) => [`${type}/${name}`, version]));
