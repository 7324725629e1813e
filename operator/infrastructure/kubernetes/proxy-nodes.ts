import type { KubernetesObject } from '../../../crds/object-meta.ts';
import type { Clock } from '../../cluster/clock.ts';
import type { KubeClient } from '../../cluster/kube-client.ts';
import { Reflector, type ReflectorOptions } from '../../cluster/reflector.ts';
import type { ObjectKey, ResourceKind } from '../../cluster/resource-kind.ts';
import type { WatchProblem } from '../../cluster/watch-problem.ts';
import { type Place, WHOLE_CLUSTER } from '../../watch-scope.ts';
import type { NodeNeed } from './fleet-addresses.ts';
import { fieldsOf, objectsIn, textsIn } from './json-fields.ts';
import { NODE, POD } from './proxy-kinds.ts';
import { liesWithOwner, ownerOf, PROXY_PODS } from './proxy-owner.ts';

export interface ProxyNodesOptions {
  readonly client: KubeClient;
  /** The controller's namespace. */
  readonly home: string;
  /** Where there may be proxies. */
  readonly places: readonly Place[];
  /** Told of each of those that asked for nodes when the answer may be another. */
  readonly onChange: (owner: string) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** The machines that take traffic for Services of type NodePort. Nodes and pods are followed only as long as somebody needs them. */
export class ProxyNodes {
  readonly #needs = new Map<string, NodeNeed>();
  readonly #nodes: Followed;
  readonly #pods: Followed;
  readonly #home: string;

  constructor(options: ProxyNodesOptions) {
    const onChange = (): void => {
      for (const owner of this.#needs.keys()) options.onChange(owner);
    };
    this.#home = options.home;
    this.#nodes = new Followed(options, { kind: NODE, project: addressesOnly, scopes: [{}], onChange });
    const scopes = options.places.map((place) => ({ ...(place === WHOLE_CLUSTER ? {} : { namespace: place }), labelSelector: PROXY_PODS }));
    this.#pods = new Followed(options, { kind: POD, project: placeOnly, scopes, onChange });
  }

  /** Somebody's Service needs nodes from now on, or (undefined) none any more. */
  need(owner: string, need: NodeNeed | undefined): void {
    if (this.#needs.get(owner) === need) return;
    if (need === undefined) this.#needs.delete(owner);
    else this.#needs.set(owner, need);
    this.#nodes.follow(this.#needs.size > 0);
    this.#pods.follow([...this.#needs.values()].includes('withProxy'));
  }

  /** Why they are not known. */
  problem(owner: string): WatchProblem | undefined {
    const need = this.#needs.get(owner);
    if (need === undefined) return undefined;
    return this.#nodes.problem ?? (need === 'withProxy' ? this.#pods.problem : undefined);
  }

  /** Whether what somebody asked for has been read, or may not be. */
  isKnown(owner: string): boolean {
    const need = this.#needs.get(owner);
    return need === undefined || (this.#nodes.isKnown && (need === 'all' || this.#pods.isKnown));
  }

  /** One address of each kind a node: the external ones where it has any, else the internal ones. Sorted. */
  addresses(owner: string): readonly string[] {
    const places = this.#needs.get(owner) === 'withProxy' ? this.#places(owner) : undefined;
    const nodes = [...this.#nodes.objects].filter(([name]) => places === undefined || places.has(name));
    return [...new Set(nodes.flatMap(([, node]) => addressesOf(node)))].sort();
  }

  async stop(): Promise<void> {
    this.#needs.clear();
    for (const followed of [this.#nodes, this.#pods]) followed.follow(false);
    await Promise.all([this.#nodes.ended, this.#pods.ended]);
  }

  /** Names of the nodes on which a proxy of that owner is ready. */
  #places(owner: string): ReadonlySet<string> {
    const isOf = ({ metadata }: KubernetesObject): boolean =>
      ownerOf(metadata.labels) === owner && liesWithOwner(owner, metadata.namespace, this.#home);
    const pods = [...this.#pods.objects.values()].filter((pod) => isOf(pod) && isReady(pod));
    return new Set(textsIn(pods.map(({ spec }) => fieldsOf(spec)['nodeName'])));
  }
}

type Scope = NonNullable<ReflectorOptions['scope']>;
type What = Pick<ReflectorOptions, 'project'> & {
  readonly kind: ResourceKind;
  readonly scopes: readonly Scope[];
  readonly onChange: () => void;
};

/** A kind that is followed at times. */
class Followed {
  readonly objects = new Map<ObjectKey, KubernetesObject>();
  readonly #problems = new Map<Scope, WatchProblem>();
  readonly #listed = new Set<Scope>();
  readonly #options: ProxyNodesOptions;
  readonly #what: What;
  #stopping: AbortController | undefined;
  #run: Promise<void> = Promise.resolve();

  constructor(options: ProxyNodesOptions, what: What) {
    this.#options = options;
    this.#what = what;
  }

  follow(wanted: boolean): void {
    if (wanted && this.#stopping === undefined) this.#begin();
    else if (!wanted) this.#end();
  }

  /** The first, where it is not known everywhere. */
  get problem(): WatchProblem | undefined {
    return this.#problems.values().next().value;
  }

  /** Everywhere. */
  get isKnown(): boolean {
    return this.#what.scopes.every((scope) => this.#listed.has(scope) || this.#problems.has(scope));
  }

  /** Resolves when what was ended has come to its end. */
  get ended(): Promise<void> {
    return this.#run;
  }

  #begin(): void {
    const stopping = new AbortController();
    this.#stopping = stopping;
    const runs = this.#what.scopes.map((scope) => this.#reflector(scope, stopping.signal).run(stopping.signal));
    this.#run = Promise.all([this.#run, ...runs]).then(() => undefined);
  }

  #reflector(scope: Scope, stopping: AbortSignal): Reflector {
    const { kind, project, onChange } = this.#what;
    const { client, clock, random } = this.#options;
    const current = (act: () => void): void => {
      if (stopping.aborted) return;
      act();
      onChange();
    };
    return new Reflector({
      client,
      kind,
      scope,
      ...(project === undefined ? {} : { project }),
      onEvent: (event) =>
        current(() => (event.type === 'put' ? this.objects.set(event.key, event.object) : this.objects.delete(event.key))),
      onListed: () => current(() => this.#listed.add(scope)),
      onTrouble: (problem) => current(() => (problem === undefined ? this.#problems.delete(scope) : this.#problems.set(scope, problem))),
      ...(clock === undefined ? {} : { clock }),
      ...(random === undefined ? {} : { random }),
    });
  }

  #end(): void {
    this.#stopping?.abort();
    this.#stopping = undefined;
    this.objects.clear();
    this.#problems.clear();
    this.#listed.clear();
  }
}

const addressesOnly = ({ apiVersion, kind, metadata: { name, resourceVersion }, status }: KubernetesObject): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  status: { addresses: fieldsOf(status)['addresses'] },
});

const placeOnly = ({ apiVersion, kind, metadata: { namespace, name, labels }, spec, status }: KubernetesObject): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) },
  spec: { nodeName: fieldsOf(spec)['nodeName'] },
  status: { conditions: fieldsOf(status)['conditions'] },
});

function addressesOf({ status }: KubernetesObject): readonly string[] {
  const addresses = objectsIn(fieldsOf(status)['addresses']);
  const ofType = (wanted: string): readonly string[] =>
    addresses.flatMap(({ type, address }) => (type === wanted && typeof address === 'string' ? [address] : []));
  const external = ofType('ExternalIP');
  return external.length > 0 ? external : ofType('InternalIP');
}

const isReady = ({ status }: KubernetesObject): boolean =>
  objectsIn(fieldsOf(status)['conditions']).some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True');
