import { RESOURCE_TYPES, type Resource, type ResourceChange, type ResourceType } from '../resource.ts';
import { edsCluster, route, routeConfiguration, sample, set, unset } from './sample-resources.ts';

/** A listener with its routes: what each leads to, and whether Envoy would refuse it. */
interface ModelRoute {
  readonly cluster: string;
  readonly edit: number;
  readonly bad: boolean;
}

export interface Edit {
  readonly listener: number;
  readonly route: number;
  readonly cluster: number;
  readonly what: 'route' | 'unroute' | 'cluster' | 'endpoints' | 'drop';
  readonly bad: boolean;
}

/** A small control plane: listeners with routes to clusters. A cluster exists while a route names it. Each edit is one commit. */
export class ModelWorld {
  readonly #listeners = new Map<string, Map<string, ModelRoute>>();
  readonly #versions = new Map<string, string>();
  #published: readonly Resource[] = [];
  #edits = 0;

  /** Makes an edit and answers the changes that follow from it. */
  edit({ listener, route: key, cluster, what, bad }: Edit): readonly ResourceChange[] {
    this.#edits += 1;
    const name = `l${listener}`;
    const routes = this.#listeners.get(name) ?? new Map<string, ModelRoute>();
    const mark = `${this.#edits}${bad ? 'bad' : ''}`;
    if (what === 'route') this.#listeners.set(name, routes.set(`k${key}`, { cluster: `c${cluster}`, edit: this.#edits, bad }));
    if (what === 'unroute') routes.delete(`k${key}`);
    if (what === 'cluster') this.#versions.set(`cluster/c${cluster}`, mark);
    if (what === 'endpoints') this.#versions.set(`loadAssignment/c${cluster}`, `${this.#edits}`);
    if (what === 'drop') this.#listeners.delete(name);
    return this.#publish();
  }

  /** Makes everything that is bad good, as a person would in the end. */
  mend(): readonly ResourceChange[] {
    this.#edits += 1;
    for (const [name, version] of this.#versions) this.#versions.set(name, version.replace('bad', ''));
    for (const routes of this.#listeners.values()) {
      for (const [key, one] of routes) routes.set(key, { ...one, bad: false });
    }
    return this.#publish();
  }

  #publish(): readonly ResourceChange[] {
    const next = this.#resources();
    const gone = this.#published.filter(({ type, name }) => !next.some((one) => one.type === type && one.name === name));
    this.#published = next;
    const types = Object.keys(RESOURCE_TYPES) as ResourceType[]; // Object.keys forgets the key type
    return [...set(...next), ...types.flatMap((type) => unset(type, ...gone.filter((one) => one.type === type).map(({ name }) => name)))];
  }

  #resources(): Resource[] {
    const listeners = [...this.#listeners].map(([name]) => sample('listener', name));
    const routes = [...this.#listeners].map(([name, of]) =>
      routeConfiguration(
        name,
        [...of].map(([key, one]) => fragmentOf(key, one)),
      ),
    );
    const clusters = new Set([...this.#listeners.values()].flatMap((of) => [...of.values()].map(({ cluster }) => cluster)));
    const version = (type: ResourceType, name: string): string => this.#versions.get(`${type}/${name}`) ?? '0';
    return [
      ...[...clusters].map((name) => edsCluster(name, { version: version('cluster', name) })),
      ...[...clusters].map((name) => sample('loadAssignment', name, { version: version('loadAssignment', name) })),
      ...listeners,
      ...routes,
    ];
  }
}

const fragmentOf = (key: string, { cluster, edit, bad }: ModelRoute) => route(key, `${cluster}-${edit}${bad ? 'bad' : ''}`, cluster);
