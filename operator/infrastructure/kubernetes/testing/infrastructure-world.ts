import { setImmediate } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { KubernetesObject } from '../../../../crds/object-meta.ts';
import type { KubernetesServer } from '../../../../e2e/harness/kubernetes-server.ts';
import { until } from '../../../../e2e/harness/until.ts';
import { SPEC_WITHOUT_PROXY } from '../../../../translators/gateway-api/proxy/effective-proxy.ts';
import type { InfraNode } from '../../../../translators/ir/infra-node.ts';
import { ok, type Result } from '../../../../translators/ir/result.ts';
import { type KubeClient, loadKubeClient } from '../../../cluster/kube-client.ts';
import { withStatus } from '../../../cluster/kubernetes-error.ts';
import type { ResourceKind } from '../../../cluster/resource-kind.ts';
import type { InfrastructureObservation } from '../../../fleet-observations.ts';
import type { ProxyWrites, WriteRecord } from '../fleet-writer.ts';
import { type FleetSource, KubernetesInfrastructure, type KubernetesInfrastructureOptions } from '../kubernetes-infrastructure.ts';
import { DEPLOYMENT, PROXY_KINDS, proxyKind, SERVICE } from '../proxy-kinds.ts';
import { manifestsOf, type Shape } from './manifests.ts';

export const CONTROLLER_NAME = 'gateway.envoyproxy.io/gatewayclass-controller';
export const NAMESPACE: ResourceKind = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

/** Says which fleets there are, as the control plane does, and hears what is observed. */
class Fleets implements FleetSource {
  readonly observed = new Map<string, InfrastructureObservation | undefined>();
  readonly kept = new Set<string>();
  readonly #fleets = new Map<string, InfraNode>();
  readonly #listeners: Parameters<FleetSource['onFleet']>[0][] = [];

  fleets = (): readonly InfraNode[] => [...this.#fleets.values()];
  onFleet = (listener: Parameters<FleetSource['onFleet']>[0]): void => void this.#listeners.push(listener);
  observe = (fleet: string, observation: InfrastructureObservation | undefined): void => void this.observed.set(fleet, observation);
  keepsProxies = (owner: string): boolean => this.kept.has(owner);

  set(infra: InfraNode): void {
    this.#fleets.set(infra.fleet, infra);
    for (const listener of this.#listeners) listener([{ fleet: infra.fleet, infra }]);
  }

  remove(fleet: string): void {
    this.#fleets.delete(fleet);
    for (const listener of this.#listeners) listener([{ fleet, infra: undefined }]);
  }
}

interface Start extends Partial<Pick<KubernetesInfrastructureOptions, 'writes' | 'places'>> {
  readonly leads?: boolean;
  /** Path of a kubeconfig. */
  readonly as?: string;
}

/** One operator's infrastructure on a real API server, in a namespace of its own, and what a test does around it. */
export class InfrastructureWorld {
  readonly namespace: string;
  readonly admin: KubeClient;
  readonly fleets = new Fleets();
  readonly records: WriteRecord[] = [];
  readonly logs: string[] = [];
  /** How `<ns>/<gateway>` shall be rendered. */
  readonly shapes = new Map<string, Shape>();
  /** Instead of manifests. */
  refusal: Result<never> | undefined;
  /** How fleets are rendered where nothing is refused. */
  render = (infra: InfraNode): Result<readonly KubernetesObject[]> => ok(manifestsOf(infra, this.namespace, this.shapes.get(infra.fleet)));
  readonly #server: KubernetesServer;
  readonly #running: KubernetesInfrastructure[] = [];
  readonly #clients: KubeClient[] = [];
  #inFlight = 0;

  constructor(server: KubernetesServer, namespace: string) {
    this.#server = server;
    this.namespace = namespace;
    this.admin = this.#connect(server.kubeconfigPath);
  }

  /** Starts an operator's part: the leader, where nothing else is said. */
  start({ leads = true, as = this.#server.kubeconfigPath, writes, ...more }: Start = {}) {
    const client = this.#connect(as);
    const log = (message: string): void => void this.logs.push(message);
    const infrastructure = new KubernetesInfrastructure({
      client,
      ...more,
      writes: this.#followed(writes ?? client),
      namespace: this.namespace,
      controllerName: CONTROLLER_NAME,
      controlPlane: this.fleets,
      render: (infra) => this.refusal ?? this.render(infra),
      onWrite: (write) => this.records.push(write),
      logger: { info: log, warn: log, error: log },
    });
    infrastructure.start();
    infrastructure.lead(leads);
    this.#running.push(infrastructure);
    return infrastructure;
  }

  async prepare(): Promise<void> {
    await this.admin.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace } });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((each) => each.stop()));
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #followed(client: ProxyWrites): ProxyWrites {
    const follow = async <T>(write: Promise<T>): Promise<T> => {
      this.#inFlight += 1;
      try {
        return await write;
      } finally {
        this.#inFlight -= 1;
      }
    };
    return {
      get: (...args) => client.get(...args),
      patch: (...args) => follow(client.patch(...args)),
      delete: (...args) => follow(client.delete(...args)),
    };
  }

  /** A Gateway `<ns>/<name>` is there, or changed. */
  gateway(fleet: string, shape: Shape = {}): string {
    this.shapes.set(fleet, shape);
    this.fleets.set(infraOf(fleet));
    return infraOf(fleet).name;
  }

  async find(kind: ResourceKind, name: string): Promise<KubernetesObject | undefined> {
    return await this.admin.get(kind, kind.namespaced ? `${this.namespace}/${name}` : name).catch((error: unknown) => {
      if (withStatus(error, 404)) return undefined;
      throw error;
    });
  }

  /** Waits until the object fits. */
  until(kind: ResourceKind, name: string, fits: (found: KubernetesObject) => boolean = () => true): Promise<KubernetesObject> {
    return until(`${kind.kind} ${name} is as expected`, async () => {
      const found = await this.find(kind, name);
      if (found !== undefined && fits(found)) return found;
      throw new Error(`${JSON.stringify(found)}\n${this.logs.join('\n')}`);
    });
  }

  untilGone(kind: ResourceKind, name: string): Promise<boolean> {
    return until(`${kind.kind} ${name} is gone`, async () => ((await this.find(kind, name)) === undefined ? true : undefined));
  }

  observed(fleet: string, fits: (observation: InfrastructureObservation) => boolean): Promise<InfrastructureObservation> {
    return until(`${fleet} is observed as expected`, async () => {
      const observation = this.fleets.observed.get(fleet);
      if (observation !== undefined && fits(observation)) return observation;
      throw new Error(JSON.stringify(observation));
    });
  }

  problem(fleet: string, text: RegExp | string): Promise<InfrastructureObservation> {
    return this.observed(
      fleet,
      ({ problem }) => problem !== undefined && (typeof text === 'string' ? problem === text : text.test(problem)),
    );
  }

  healed(fleet: string): Promise<InfrastructureObservation> {
    return this.observed(fleet, ({ problem }) => problem === undefined);
  }

  merge(kind: ResourceKind, name: string, body: object, subresource?: 'status'): Promise<KubernetesObject> {
    return this.admin.patch(kind, `${this.namespace}/${name}`, { type: 'merge', body }, subresource === undefined ? {} : { subresource });
  }

  remove(kind: ResourceKind, name: string): Promise<void> {
    return this.admin.delete(kind, `${this.namespace}/${name}`);
  }

  create(object: KubernetesObject): Promise<KubernetesObject> {
    return this.admin.create(proxyKind(object), object);
  }

  /** Names of all that there is of the kinds that fleets are made of, as `<kind> <name>`. */
  async all(): Promise<readonly string[]> {
    const lists = await Promise.all(PROXY_KINDS.map((kind) => this.admin.list(kind, { namespace: this.namespace })));
    return lists.flatMap(({ items }) => items.map((item) => `${item.kind} ${item.metadata.name}`)).sort();
  }

  /** What the Deployment controller does where pods are up: there is none here. */
  async runPods(name: string, ready: number): Promise<void> {
    await this.merge(DEPLOYMENT, name, { status: { replicas: ready, readyReplicas: ready, availableReplicas: ready } }, 'status');
  }

  /** What a load balancer does: there is none here. */
  async balance(name: string, ingress: readonly object[]): Promise<void> {
    await this.merge(SERVICE, name, { status: { loadBalancer: { ingress } } }, 'status');
  }

  /** Everything that was written so far, as `<verb> <kind>`; forgets it. What a test has seen in the cluster, the operator may not have heard of yet. */
  async writes(): Promise<readonly string[]> {
    await until('no write is in flight', async () => {
      await setImmediate();
      return this.#inFlight === 0 ? true : undefined;
    });
    return this.records.splice(0).map(({ verb, kind }) => `${verb} ${kind}`);
  }

  /** Gives the user of the restricted kubeconfig rights in this namespace. */
  async allow(rules: readonly { readonly kinds: readonly ResourceKind[]; readonly verbs: readonly string[] }[]): Promise<void> {
    const group = 'rbac.authorization.k8s.io';
    const head = { apiVersion: `${group}/v1`, metadata: { name: 'operator', namespace: this.namespace } };
    const role = {
      ...head,
      kind: 'Role',
      rules: rules.map(({ kinds, verbs }) => ({
        apiGroups: [...new Set(kinds.map((kind) => kind.group))],
        resources: kinds.map(({ plural }) => plural),
        verbs,
      })),
    };
    const subjects = [{ apiGroup: group, kind: 'User', name: 'restricted' }];
    const binding = { ...head, kind: 'RoleBinding', roleRef: { apiGroup: group, kind: 'Role', name: 'operator' }, subjects };
    const base = { group, version: 'v1', namespaced: true };
    for (const object of [role, binding]) {
      const kind = { ...base, kind: object.kind, plural: `${object.kind.toLowerCase()}s` };
      const patch = { type: 'apply', body: object, fieldManager: 'test', force: true } as const;
      await this.admin.patch(kind, `${this.namespace}/operator`, patch);
    }
  }

  /** A request that the operator never makes: what controllers of the cluster do. */
  async call(method: 'PUT' | 'PATCH', path: string, body: object): Promise<void> {
    const dispatcher = new Agent({ connect: { ca: this.#server.ca } });
    const type = method === 'PUT' ? 'application/json' : 'application/merge-patch+json';
    const headers = { authorization: `Bearer ${this.#server.token}`, 'content-type': type };
    const answer = await request(`${this.#server.url}${path}`, { method, body: JSON.stringify(body), dispatcher, headers });
    const text = await answer.body.text();
    await dispatcher.close();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
  }

  /** What an autoscaler does. */
  scale(name: string, replicas: number): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${this.namespace}/deployments/${name}/scale?fieldManager=kube-controller-manager`;
    return this.call('PATCH', path, { spec: { replicas } });
  }

  #connect(kubeconfig: string): KubeClient {
    const client = loadKubeClient({ kubeconfig });
    this.#clients.push(client);
    return client;
  }
}

/** What is at a path like `spec.containers.0.name` of an object. */
export const at = (object: KubernetesObject | undefined, path: string): unknown =>
  path
    .split('.')
    .reduce((value: unknown, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined), object);

export function infraOf(fleet: string): InfraNode {
  const [namespace = '', name = ''] = fleet.split('/');
  const labels = {
    'app.kubernetes.io/name': 'envoy',
    'app.kubernetes.io/component': 'proxy',
    'app.kubernetes.io/managed-by': 'envoy-gateway',
    'gateway.envoyproxy.io/owning-gateway-name': name,
    'gateway.envoyproxy.io/owning-gateway-namespace': namespace,
  };
  return {
    kind: 'Infra',
    fleet,
    name: `envoy-${namespace}-${name}`,
    selector: labels,
    labels,
    annotations: {},
    ports: [{ name: 'http-80', protocol: 'HTTP', transport: 'TCP', port: 80, bindPort: 10_080 }],
    addresses: [],
    proxy: SPEC_WITHOUT_PROXY,
    proxyFrom: [],
    gatewayClass: 'eg',
    owner: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', name: 'eg' },
    origin: { kind: 'Gateway', namespace, name },
  };
}
