import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { applyObject } from '../../cluster/apply.ts';
import type { KubeClient } from '../../cluster/kube-client.ts';
import { apiVersionOf } from '../../cluster/resource-kind.ts';
import { fieldsOf, textsIn } from './json-fields.ts';
import type { LiveObject } from './live-object.ts';
import { AUTOSCALER, DEPLOYMENT } from './proxy-kinds.ts';

/** Holds the number of replicas between us and an autoscaler. */
const HANDOVER_MANAGER = 'gatehouse-replicas';

const replicasOf = ({ spec }: KubernetesObject): unknown => fieldsOf(spec)['replicas'];

/** The Deployments whose number of replicas belongs to an autoscaler of the same fleet, by name. */
export const autoscaled = (objects: readonly KubernetesObject[]): ReadonlySet<string> =>
  new Set(objects.flatMap(({ kind, spec }) => (kind === AUTOSCALER.kind ? targetOf(spec) : [])));

const targetOf = (spec: unknown): readonly string[] => {
  const { kind, name } = fieldsOf(fieldsOf(spec)['scaleTargetRef']);
  return kind === DEPLOYMENT.kind ? textsIn([name]) : [];
};

/** An autoscaler's number is its own, whatever was rendered. */
export function withoutReplicas<T extends KubernetesObject>(object: T): T {
  const { replicas: _, ...spec } = fieldsOf(object.spec);
  return { ...object, spec };
}

/** The number of replicas is ours in the cluster, and no longer in what we want. */
export const givesUpReplicas = (desired: KubernetesObject, { object, owned }: LiveObject): boolean =>
  desired.kind === DEPLOYMENT.kind &&
  replicasOf(desired) === undefined &&
  replicasOf(object) !== undefined &&
  owned?.['f:spec']?.['f:replicas'] !== undefined;

/** The number of replicas is ours again, and its former keeper still there. */
export const takesBackReplicas = (desired: KubernetesObject, { appliers }: LiveObject): boolean =>
  desired.kind === DEPLOYMENT.kind && replicasOf(desired) !== undefined && appliers.has(HANDOVER_MANAGER);

/**
 * Makes somebody else co-owner of the number of replicas as it is. A field that its only owner gives up is removed, and the API server would make the
 * number 1: nearly all proxies would end before the autoscaler had said a word.
 */
export const keepReplicas = (client: Pick<KubeClient, 'patch'>, live: LiveObject): Promise<KubernetesObject> =>
  applyAsKeeper(client, live, { spec: { replicas: replicasOf(live.object) } });

/** Ends that co-ownership. */
export const releaseReplicas = (client: Pick<KubeClient, 'patch'>, live: LiveObject): Promise<KubernetesObject> =>
  applyAsKeeper(client, live, {});

const applyAsKeeper = (client: Pick<KubeClient, 'patch'>, { object }: LiveObject, fields: object): Promise<KubernetesObject> => {
  const { namespace, name } = object.metadata;
  const body = {
    apiVersion: apiVersionOf(DEPLOYMENT),
    kind: DEPLOYMENT.kind,
    metadata: { ...(namespace && { namespace }), name },
    ...fields,
  };
  return applyObject(client, DEPLOYMENT, body, { fieldManager: HANDOVER_MANAGER, force: true });
};
