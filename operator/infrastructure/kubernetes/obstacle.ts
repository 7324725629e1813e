import type { KubernetesObject } from '../../../crds/object-meta.ts';
import type { LiveObject } from './live-object.ts';
import { nameOfObject } from './proxy-kinds.ts';
import { ownerOf } from './proxy-owner.ts';
import type { WriteProblem } from './write-problem.ts';

/** Where the name of each kind can be chosen, in `spec.provider.kubernetes` of an EnvoyProxy. */
const NAME_FIELD: Readonly<Record<string, string>> = {
  ServiceAccount: 'envoyServiceAccount.name',
  Deployment: 'envoyDeployment.name',
  DaemonSet: 'envoyDaemonSet.name',
  Service: 'envoyService.name',
  HorizontalPodAutoscaler: 'envoyHpa.name',
  PodDisruptionBudget: 'envoyPDB.name',
};

/**
 * Why an object must not be written, although the API server would let us: it is somebody else's, or on its way out. One whose labels were taken away is
 * still ours if we applied it.
 */
export function obstacleOf(owner: string, desired: KubernetesObject, live: LiveObject | undefined): WriteProblem | undefined {
  if (live === undefined) return undefined;
  const { labels, deletionTimestamp, finalizers = [] } = live.object.metadata;
  const other = ownerOf(labels);
  if (other === undefined ? live.owned === undefined : other !== owner)
    return { ...LASTING, foreign: true, message: foreignText(desired, other) };
  if (deletionTimestamp === undefined) return undefined;
  const waits = finalizers.length === 0 ? '' : `; it waits for ${finalizers.join(', ')}`;
  return { ...LASTING, message: `${nameOfObject(desired)} is being deleted${waits}. It is made anew as soon as it is gone.` };
}

const LASTING = { passing: false, retryAfterMs: 0 } as const;

function foreignText(desired: KubernetesObject, other: string | undefined): string {
  const who = other === undefined ? 'was not made by us: it carries no labels of a Gateway' : `belongs to the proxies of ${other}`;
  const field = NAME_FIELD[desired.kind];
  const rename = field === undefined ? '' : `, or choose another name in spec.provider.kubernetes.${field} of the EnvoyProxy`;
  return `${nameOfObject(desired)} ${who}, so it is left alone. Delete or rename it${rename}.`;
}
