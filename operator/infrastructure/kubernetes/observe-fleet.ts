import type { KubernetesObject } from '../../../crds/object-meta.ts';
import type { InfrastructureObservation } from '../../fleet-observations.ts';
import { addressesOf } from './fleet-addresses.ts';
import { nameOfObject, runsProxies, SERVICE } from './proxy-kinds.ts';
import { availabilityOf } from './workload.ts';

export interface FleetView {
  /** What the fleet shall be made of; empty where that is not known. */
  readonly objects: readonly KubernetesObject[];
  /** Everything of it that is there. */
  readonly live: readonly KubernetesObject[];
  /** Addresses of the machines that take its traffic. */
  readonly nodes: () => readonly string[];
  /** What is wrong besides. */
  readonly problems: readonly string[];
  /** Something of this is not known yet. */
  readonly partial: boolean;
}

/** What can be said of a fleet from the objects that it is made of. While proxies replace others, all of them serve. */
export function fleetObservation({ objects, live, nodes, problems, partial }: FleetView): InfrastructureObservation {
  const workloads = live.filter(runsProxies);
  // What is still to be made has as many proxies as it asks for.
  const current = availabilityOf(wanted(objects, workloads, runsProxies) ?? objects.find(runsProxies));
  const ready = workloads.reduce((sum, workload) => sum + availabilityOf(workload).ready, 0);
  const missing = ready === 0 && current.problem !== undefined ? [`Envoy replicas unavailable: ${withStop(current.problem)}`] : [];
  const problem = [...problems, ...missing].join(' ');
  return {
    proxies: current.proxies,
    ready: Math.min(ready, current.proxies),
    addresses: addressesOf(serviceOf(objects, live), nodes),
    ...(problem === '' ? {} : { problem }),
    ...(partial ? { partial } : {}),
  };
}

/** The Service of a fleet as it is in the cluster. */
export const serviceOf = (objects: readonly KubernetesObject[], live: readonly KubernetesObject[]): KubernetesObject | undefined =>
  wanted(objects, live, ({ kind }) => kind === SERVICE.kind);

/** The live one of the name that is wanted; where that is not known, any that fits. */
function wanted(
  objects: readonly KubernetesObject[],
  live: readonly KubernetesObject[],
  fits: (object: KubernetesObject) => boolean,
): KubernetesObject | undefined {
  const names = objects.filter(fits).map(nameOfObject);
  return live.find((object) => fits(object) && (names.length === 0 || names.includes(nameOfObject(object))));
}

const withStop = (text: string): string => (text.endsWith('.') ? text : `${text}.`);
