/** What endpoints concern: part of the naive reading in belongings.ts. */
import type { Route } from '../../crds/gateway-api/route.ts';
import type { XBackend } from '../../crds/gateway-api/x-backend.ts';
import { SERVICE_NAME_LABEL } from '../../crds/kubernetes/endpoint-slice.ts';
import { IMPORT_NAME_LABEL } from '../../crds/kubernetes/service-import.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Belongs, routesOf } from './listener-belongings.ts';
import { backendsOf, outsideKey } from './outside-objects.ts';
import { refersToService, servicesOf } from './route-backends.ts';
import { hasSessions } from './traffic-objects.ts';

export function ofSlice({ metadata: { namespace, labels = {} } }: KubernetesObject, world: readonly KubernetesObject[]): Belongs {
  const { [SERVICE_NAME_LABEL]: service, [IMPORT_NAME_LABEL]: imported } = labels;
  return ofEndpoints([`service/${namespace}/${service}`, `serviceimport/${namespace}/${imported}`], world);
}

/** The endpoints of every XBackend of its namespace that selects it. */
export function ofPod({ metadata: { namespace, labels = {} } }: KubernetesObject, world: readonly KubernetesObject[]): Belongs {
  const selects = ({ spec, metadata }: XBackend): boolean =>
    metadata.namespace === namespace &&
    Object.entries(spec.endpointSelector?.matchLabels ?? {}).every(([name, value]) => labels[name] === value);
  return ofEndpoints(backendsOf(world).filter(selects).map(outsideKey), world);
}

const ofEndpoints =
  (backends: readonly string[], world: readonly KubernetesObject[]): Belongs =>
  ({ sort, name }) =>
    sort === 'loadAssignment' && backends.some((backend) => name.startsWith(`${backend}/`) || isSplit(backend, world, name));

/** A split of several Services for sessions is named by a hash: any may be this Service's, if it is in one. */
export const isSplit = (key: string, world: readonly KubernetesObject[], name: string): boolean =>
  name.startsWith('split/') && routesOf(world).some((route) => refersToService(key)(route) && keepsSessions(route, world));

export const keepsSessions = (route: Route, world: readonly KubernetesObject[]): boolean =>
  (route.spec.rules ?? []).some((rule) => 'sessionPersistence' in rule) || servicesOf(route).some((service) => hasSessions(service, world));
