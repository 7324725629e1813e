import type { JsonObject } from '../../crds/json-schema.ts';
import { KINDS } from '../../crds/kinds.ts';
import { MULTICLUSTER } from '../../crds/kubernetes/service-import.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient, Query } from '../cluster/kube-client.ts';
import { withStatus } from '../cluster/kubernetes-error.ts';
import type { ResourceKind } from '../cluster/resource-kind.ts';
import { fieldsOf, objectsIn } from '../infrastructure/kubernetes/json-fields.ts';
import { CONFIG_MAP, DEPLOYMENT, NODE, PROXY_KINDS } from '../infrastructure/kubernetes/proxy-kinds.ts';
import { MANAGED_BY } from '../infrastructure/kubernetes/proxy-owner.ts';
import { describeRight, EVERYWHERE, type Right } from '../needed-rights.ts';
import { watchedKind } from '../reconcilers/watched-kinds.ts';
import { CONFIGURATION } from './configuration-findings.ts';
import { ENVOY_GATEWAY, GATEWAY_API, GATEWAY_API_EXPERIMENTS } from './migration-input.ts';

type Reader = Pick<KubeClient, 'get' | 'list'>;

const DEFINITION: ResourceKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
const GROUPS: ReadonlySet<unknown> = new Set([GATEWAY_API, GATEWAY_API_EXPERIMENTS, ENVOY_GATEWAY, MULTICLUSTER]);
/** Kinds that say where backends are, and nothing of what becomes of an object. */
const ENDPOINTS: ReadonlySet<string> = new Set(['EndpointSlice', 'Pod']);
/** Whoever is somebody may read them, in clusters that have them (`system:cluster-trust-bundle-discovery`): nobody is asked for that right. */
const TRUST_BUNDLE = watchedKind('ClusterTrustBundle');
/** Read where that is allowed: one Node tells the cloud, for Gateways that ask it for an address by its name. */
const OPTIONAL: ReadonlySet<string> = new Set([TRUST_BUNDLE.kind, NODE.kind]);
const PAGE = 500;

/**
 * All that a check of a migration looks at: every installed kind of the Gateway API and of Envoy Gateway, what these refer to, what Envoy Gateway made,
 * and its configuration. Only reads. Throws KubernetesError; and an Error that names all that may not be read, where that is so: half a picture would
 * mislead.
 * @param namespace of the controller
 */
export async function readCluster(client: Reader, namespace: string): Promise<readonly KubernetesObject[]> {
  const reads = new PermittedReads(client);
  const kinds = (await reads.all(DEFINITION)).flatMap(({ spec }) => kindsOf(fieldsOf(spec)));
  const referred = KINDS.filter(({ kind, group }) => !GROUPS.has(group) && !ENDPOINTS.has(kind) && !OPTIONAL.has(kind)).map(({ kind }) =>
    watchedKind(kind),
  );
  const lists = await Promise.all([
    ...[...kinds, ...referred].map((kind) => reads.all(kind)),
    all(client, TRUST_BUNDLE).catch(noneIfForbidden),
    client.list(NODE, { limit: 1 }).then(({ items }) => items, noneIfForbidden),
    ...PROXY_KINDS.map((kind) => reads.all(kind, { labelSelector: MANAGED_BY })),
    reads.one(CONFIG_MAP, { namespace, name: CONFIGURATION.name }),
    reads.one(DEPLOYMENT, { namespace, name: 'envoy-gateway' }),
  ]);
  reads.assertPermitted();
  return [...new Map(lists.flat().map((object) => [identity(object), object])).values()];
}

function noneIfForbidden(error: unknown): readonly KubernetesObject[] {
  if (withStatus(error, 403)) return [];
  throw error;
}

const identity = ({ kind, metadata: { namespace = '', name } }: KubernetesObject): string => `${kind} ${namespace}/${name}`;

/** The version in which a kind is read: ours where it is served, else the one that is stored. */
function kindsOf({ group, scope, names, versions }: JsonObject): readonly ResourceKind[] {
  const { kind, plural } = fieldsOf(names);
  const served = objectsIn(versions).filter((version) => version['served'] === true);
  const known = KINDS.find((each) => each.group === group && each.kind === kind)?.versions ?? [];
  const chosen = known.find((name) => served.some((version) => version['name'] === name)) ?? bestOf(served);
  if (!GROUPS.has(group) || chosen === undefined) return [];
  return [{ group: String(group), version: chosen, kind: String(kind), plural: String(plural), namespaced: scope === 'Namespaced' }];
}

function bestOf(served: readonly JsonObject[]): string | undefined {
  const best = served.find((version) => version['storage'] === true) ?? served[0];
  return best === undefined ? undefined : String(best['name']);
}

/** Reads what may be read, and remembers what may not. */
class PermittedReads {
  readonly #client: Reader;
  readonly #missing = new Set<string>();

  constructor(client: Reader) {
    this.#client = client;
  }

  async all(kind: ResourceKind, query: Query = {}): Promise<readonly KubernetesObject[]> {
    return await this.#permitted({ ...partsOf(kind), verb: 'list', where: EVERYWHERE }, () => all(this.#client, kind, query));
  }

  /** The object, or none where it is not there. */
  async one(
    kind: ResourceKind,
    { namespace, name }: { readonly namespace: string; readonly name: string },
  ): Promise<readonly KubernetesObject[]> {
    return await this.#permitted({ ...partsOf(kind), verb: 'get', where: namespace, name }, () =>
      one(this.#client, kind, `${namespace}/${name}`),
    );
  }

  /** Throws an Error with all the rights that are missing and the cure. */
  assertPermitted(): void {
    if (this.#missing.size === 0) return;
    throw new Error(
      `migrate check may not read all that it has to look at, so it says nothing. These rights are missing: ${[...this.#missing].sort().join(', ')}. ` +
        'Grant them to this user, or let somebody who has them write the objects into files (kubectl get -A -o yaml) and name those with --file.',
    );
  }

  async #permitted(right: Right, read: () => Promise<readonly KubernetesObject[]>): Promise<readonly KubernetesObject[]> {
    try {
      return await read();
    } catch (error) {
      if (!withStatus(error, 403)) throw error;
      this.#missing.add(describeRight(right));
      return [];
    }
  }
}

const partsOf = ({ group, plural }: ResourceKind): Pick<Right, 'group' | 'resource'> => ({ group, resource: plural });

/** None of a kind that the cluster does not have. */
async function all(client: Reader, kind: ResourceKind, query: Query = {}): Promise<readonly KubernetesObject[]> {
  try {
    return await pages(client, kind, query);
  } catch (error) {
    if (withStatus(error, 404)) return [];
    throw error;
  }
}

async function pages(client: Reader, kind: ResourceKind, query: Query): Promise<readonly KubernetesObject[]> {
  const found: KubernetesObject[] = [];
  let next: string | undefined;
  do {
    const page = await client.list(kind, { ...query, limit: PAGE, continue: next });
    found.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return found;
}

async function one(client: Reader, kind: ResourceKind, key: string): Promise<readonly KubernetesObject[]> {
  try {
    return [{ ...(await client.get(kind, key)) }];
  } catch (error) {
    if (withStatus(error, 404)) return [];
    throw error;
  }
}
