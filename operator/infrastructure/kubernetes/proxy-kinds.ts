import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { apiVersionOf, keyOf, type ObjectKey, type ResourceKind } from '../../cluster/resource-kind.ts';

const core = { group: '', version: 'v1', namespaced: true } as const;
const apps = { group: 'apps', version: 'v1', namespaced: true } as const;

export const SERVICE_ACCOUNT: ResourceKind = { ...core, kind: 'ServiceAccount', plural: 'serviceaccounts' };
export const CONFIG_MAP: ResourceKind = { ...core, kind: 'ConfigMap', plural: 'configmaps' };
export const DEPLOYMENT: ResourceKind = { ...apps, kind: 'Deployment', plural: 'deployments' };
export const DAEMON_SET: ResourceKind = { ...apps, kind: 'DaemonSet', plural: 'daemonsets' };
export const SERVICE: ResourceKind = { ...core, kind: 'Service', plural: 'services' };
export const AUTOSCALER: ResourceKind = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
};
export const DISRUPTION_BUDGET: ResourceKind = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
};
export const POD: ResourceKind = { ...core, kind: 'Pod', plural: 'pods' };
export const NODE: ResourceKind = { ...core, kind: 'Node', plural: 'nodes', namespaced: false };

/** What a fleet is made of, in the order in which it is applied (contract C.4). */
export const PROXY_KINDS: readonly ResourceKind[] = [
  SERVICE_ACCOUNT,
  CONFIG_MAP,
  DEPLOYMENT,
  DAEMON_SET,
  SERVICE,
  AUTOSCALER,
  DISRUPTION_BUDGET,
];

/** Throws for a kind that no fleet is made of: a bug of who rendered it. */
export function proxyKind(object: KubernetesObject): ResourceKind {
  const found = PROXY_KINDS.find((kind) => kind.kind === object.kind && apiVersionOf(kind) === object.apiVersion);
  if (found === undefined) throw new Error(`A fleet has no ${object.kind} of ${object.apiVersion}`);
  return found;
}

/** `Deployment` and `DaemonSet` run the proxies; one of them takes the other's place. */
export const runsProxies = ({ kind }: { readonly kind: string }): boolean => kind === DEPLOYMENT.kind || kind === DAEMON_SET.kind;

/** Tells an object from all others: `<kind> <ns>/<name>`. Also what people are told. */
export const objectName = (kind: { readonly kind: string }, key: ObjectKey): string => `${kind.kind} ${key}`;

export const nameOfObject = (object: KubernetesObject): string => objectName(object, keyOf(object.metadata));
