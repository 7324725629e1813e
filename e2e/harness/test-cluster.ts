import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { EXPERIMENTS } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import { KINDS } from '../../crds/kinds.ts';
import type { Condition, KubernetesObject } from '../../crds/object-meta.ts';
import { printCrds } from '../../crds/print-crds.ts';
import { applyObject } from '../../operator/cluster/apply.ts';
import { type KubeClient, loadKubeClient } from '../../operator/cluster/kube-client.ts';
import { withStatus } from '../../operator/cluster/kubernetes-error.ts';
import { apiVersionOf, type ResourceKind } from '../../operator/cluster/resource-kind.ts';
import { gatewayApiCrds, newerGatewayApiCrds } from './gateway-api-crds.ts';
import { type KubernetesServer, type KubernetesServerOptions, startKubernetesServer } from './kubernetes-server.ts';
import { until } from './until.ts';

/** A real API server with what a test does to it as its administrator. */
export interface TestCluster {
  readonly server: KubernetesServer;
  readonly client: KubeClient;
  /** Makes objects be as given, one after the other. */
  apply(...objects: readonly KubernetesObject[]): Promise<void>;
  /** The upstream CRDs of the standard channel and ours; resolves when all are served. */
  installCrds(): Promise<void>;
  /** The kinds of the experimental channel that stand in a group of their own, of v1.6.3 or (`newer`) v1.7.0; resolves when those that we read are served. */
  installExperiments(version?: 'newer'): Promise<void>;
  /** Undefined: it is not there. */
  find(kind: string, key: string): Promise<KubernetesObject | undefined>;
  remove(kind: string, key: string): Promise<void>;
  stop(): Promise<void>;
}

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: false } as const;

/** Kinds that Gatehouse itself does not read as input. */
const OTHERS: readonly ResourceKind[] = [
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    namespaced: false,
  },
  { ...rbac, kind: 'ClusterRole', plural: 'clusterroles' },
  { ...rbac, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings' },
  { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', namespaced: true },
];

const OURS: readonly ResourceKind[] = KINDS.map(({ group, versions: [version], kind, plural, namespaced }) => ({
  group,
  version,
  kind,
  plural,
  namespaced,
}));

/** Kinds of these are not installed: a cluster may well do without. */
const OF_OTHERS = new Set(['multicluster.x-k8s.io', 'certificates.k8s.io', EXPERIMENTS]);

/** Throws for a kind that no test uses. */
export function resourceKind(name: string): ResourceKind {
  const found = [...OURS, ...OTHERS].find(({ kind }) => kind === name);
  if (found === undefined) throw new Error(`${name} is no kind of the tests`);
  return found;
}

export async function startTestCluster(options: KubernetesServerOptions = {}): Promise<TestCluster> {
  const server = await startKubernetesServer(options);
  const client = loadKubeClient({ kubeconfig: server.kubeconfigPath });
  const apply = async (...objects: readonly KubernetesObject[]): Promise<void> => {
    for (const object of objects) await applyObject(client, resourceKind(object.kind), object, { fieldManager: 'test', force: true });
  };
  return {
    server,
    client,
    apply,
    installCrds: async () => {
      await apply(...(await definitions()));
      await Promise.all(KINDS.filter(({ group }) => !OF_OTHERS.has(group)).map(({ kind }) => untilServed(client, resourceKind(kind))));
    },
    installExperiments: async (version) => {
      const files = (await (version === 'newer' ? newerGatewayApiCrds : gatewayApiCrds)('experimental')).filter((file) =>
        file.includes(`/${EXPERIMENTS}_`),
      );
      const some = definitionsIn(await Promise.all(files.map((file) => readFile(file, 'utf8'))));
      await apply(...some);
      const names = new Set(some.map(({ metadata }) => metadata.name));
      const installed = KINDS.filter(({ group, plural }) => names.has(`${plural}.${group}`));
      await Promise.all(installed.map(({ kind }) => untilServed(client, resourceKind(kind))));
    },
    find: (kind, key) =>
      client.get(resourceKind(kind), key).catch((error: unknown) => {
        if (withStatus(error, 404)) return undefined;
        throw error;
      }),
    remove: (kind, key) => client.delete(resourceKind(kind), key),
    stop: async () => {
      await client.close();
      await server.stop();
    },
  };
}

async function definitions(): Promise<readonly KubernetesObject[]> {
  const upstream = await Promise.all((await gatewayApiCrds('standard')).map((file) => readFile(file, 'utf8')));
  return definitionsIn([...upstream, printCrds()]);
}

/** YAML of the Gateway API project and of our own. */
const definitionsIn = (texts: readonly string[]): readonly KubernetesObject[] =>
  texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as unknown)).filter(isDefinition);

const isDefinition = (value: unknown): value is KubernetesObject =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'CustomResourceDefinition';

const untilServed = (client: KubeClient, kind: ResourceKind): Promise<unknown> =>
  until(`${kind.plural} are served as ${apiVersionOf(kind)}`, () => client.list(kind, { limit: 1 }));

/** The condition of this type of an object, of one of its listeners or of one of its parents; undefined where there is none. */
export function conditionOf(object: KubernetesObject | undefined, type: string, of: { listener?: string; parent?: string } = {}) {
  // Statuses of the API server have been checked against their CRD.
  const { conditions, listeners, parents } = (object?.status ?? {}) as Conditions;
  if (of.listener !== undefined) return listeners?.find(({ name }) => name === of.listener)?.conditions.find((each) => each.type === type);
  if (of.parent !== undefined)
    return parents?.find(({ parentRef }) => parentRef.name === of.parent)?.conditions.find((each) => each.type === type);
  return conditions?.find((each) => each.type === type);
}

interface Conditions {
  readonly conditions?: readonly Condition[];
  readonly listeners?: readonly { readonly name: string; readonly conditions: readonly Condition[] }[];
  readonly parents?: readonly { readonly parentRef: { readonly name: string }; readonly conditions: readonly Condition[] }[];
}
