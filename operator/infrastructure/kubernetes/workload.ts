import type { JsonObject } from '../../../crds/json-schema.ts';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { fieldsOf, objectsIn } from './json-fields.ts';
import { DAEMON_SET } from './proxy-kinds.ts';

/** How many proxies there should be, and how many serve. */
export interface Availability {
  readonly proxies: number;
  readonly ready: number;
  /** Why pods are missing, in the words of whoever should make them. */
  readonly problem?: string;
}

/** Reads a Deployment or DaemonSet as its controller left it. Undefined: it is not there. */
export function availabilityOf(workload: KubernetesObject | undefined): Availability {
  if (workload === undefined) return { proxies: 0, ready: 0 };
  const [spec, status] = [fieldsOf(workload.spec), fieldsOf(workload.status)];
  const counts =
    workload.kind === DAEMON_SET.kind
      ? { proxies: count(status['desiredNumberScheduled']), ready: count(status['numberAvailable']) }
      : { proxies: count(spec['replicas'] ?? 1), ready: count(status['availableReplicas']) };
  const problem = objectsIn(status['conditions']).find(isFailure)?.['message'];
  return typeof problem === 'string' && problem !== '' ? { ...counts, problem } : counts;
}

/** Pods are refused (a quota, an admission webhook), or do not come up in time. */
const isFailure = ({ type, status }: JsonObject): boolean =>
  (type === 'ReplicaFailure' && status === 'True') || (type === 'Progressing' && status === 'False');

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
