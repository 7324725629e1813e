/** Listeners of Gateways and of the ListenerSets that name them, and what hangs on some of them: part of the naive reading in belongings.ts. */
import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { ListenerSet } from '../../crds/gateway-api/listener-set.ts';
import { ROUTE_KINDS, type Route } from '../../crds/gateway-api/route.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../ir/object-key.ts';
import { routeKey } from '../ir/route-key.ts';
import type { Listener } from './objects.ts';
import type { Part } from './outputs.ts';
import { contentsOfListener, isBackendSecret } from './tls-belongings.ts';

export type Belongs = (part: Part) => boolean;

// By kind, as everywhere where objects of all kinds come in one list.
export const gatewaysOf = (world: readonly KubernetesObject[]): readonly Gateway[] =>
  world.filter(({ kind }) => kind === 'Gateway') as readonly Gateway[];
export const routesOf = (world: readonly KubernetesObject[]): readonly Route[] =>
  world.filter(({ kind }) => ROUTE_KINDS.some((each) => each === kind)) as readonly Route[];
export const keyOf = (route: Route): string => routeKey(route.kind, objectKey(route));

export const setsOf = (world: readonly KubernetesObject[]): readonly ListenerSet[] =>
  world.filter(({ kind }) => kind === 'ListenerSet') as readonly ListenerSet[];

export const gatewayOf = ({ metadata, spec: { parentRef } }: ListenerSet): string =>
  `${parentRef.namespace ?? metadata.namespace}/${parentRef.name}`;

/** A listener, and in which namespace it is written. */
export interface PlacedListener {
  readonly name: string;
  readonly home: string | undefined;
  readonly spec: Listener;
}

export const listenersOfSet = (set: ListenerSet): readonly PlacedListener[] =>
  set.spec.listeners.map((spec) => ({ name: `${gatewayOf(set)}/${objectKey(set)}/${spec.name}`, home: set.metadata.namespace, spec }));

/** Its own and those of ListenerSets. */
export const listenersAt = (gateway: Gateway, world: readonly KubernetesObject[]): readonly PlacedListener[] => [
  ...gateway.spec.listeners.map((spec) => ({ name: `${objectKey(gateway)}/${spec.name}`, home: gateway.metadata.namespace, spec })),
  ...setsOf(world)
    .filter((set) => gatewayOf(set) === objectKey(gateway))
    .flatMap(listenersOfSet),
];

/** The Gateways that a route names, also by their ListenerSets. */
export function parentsOf(route: Route, world: readonly KubernetesObject[]): readonly string[] {
  return (route.spec.parentRefs ?? []).flatMap((ref) => {
    const key = `${ref.namespace ?? route.metadata.namespace}/${ref.name}`;
    if (ref.kind !== 'ListenerSet') return [key];
    return setsOf(world)
      .filter((set) => objectKey(set) === key)
      .map(gatewayOf);
  });
}

export const carriesBytes = (route: Route): boolean => route.kind !== 'HTTPRoute';

/** Routes for bytes with one of these Gateways as a parent: they have what others do not get. */
export const streamsAt = (parents: readonly string[], world: readonly KubernetesObject[]): ReadonlySet<string> =>
  new Set(
    routesOf(world)
      .filter((one) => carriesBytes(one) && parentsOf(one, world).some((parent) => parents.includes(parent)))
      .map(keyOf),
  );

/** What of a Gateway hangs on the certificates in some objects: the ports that its HTTPS listeners are on, never plain ones. */
export function ofCertificate(gateway: Gateway, world: readonly KubernetesObject[], isMeant: (content: string) => boolean): Belongs {
  const depending = listenersAt(gateway, world).filter((listener) => contentsOfListener(gateway, listener).some(isMeant));
  return depending.length === 0 ? () => false : ofPorts(gateway, world, depending);
}

/** Backends, `<kind in small letters>/<ns>/<name>`, that a listener asks before a route is chosen. */
export const askedByListener = ({ spec, home }: PlacedListener): readonly string[] =>
  (spec.filters?.requests ?? []).flatMap(({ externalAuth }) =>
    externalAuth === undefined ? [] : [backendOf(externalAuth.backendRef, home)],
  );

const backendOf = (
  { kind = 'Service', namespace, name }: { readonly kind?: string; readonly namespace?: string; readonly name: string },
  home?: string,
) => `${kind.toLowerCase()}/${namespace ?? home}/${name}`;

/** What of a Gateway hangs on some Services that its listeners ask. */
export function ofAsked(gateway: Gateway, world: readonly KubernetesObject[], isMeant: (service: string) => boolean): Belongs {
  const depending = listenersAt(gateway, world).filter((listener) => askedByListener(listener).some(isMeant));
  return depending.length === 0 ? () => false : ofPorts(gateway, world, depending);
}

/** What the ports of some listeners serve, and what is said of them. */
function ofPorts(gateway: Gateway, world: readonly KubernetesObject[], listeners: readonly PlacedListener[]): Belongs {
  const key = objectKey(gateway);
  const ports = new Set(listeners.map(({ spec }) => spec.port));
  const streams = streamsAt([key], world);
  const there = listenersAt(gateway, world).filter(({ spec }) => ports.has(spec.port));
  const onPorts = there.map(({ name }) => `${name}/`);
  const contents = new Set(there.flatMap((listener) => contentsOfListener(gateway, listener)));
  const isOnPorts = (name: string): boolean => onPorts.some((prefix) => name.startsWith(prefix));
  const inFleet: Partial<Record<Part['sort'], (name: string) => boolean>> = {
    secret: (name) => contents.has(`Secret ${name}`) || name.startsWith(`gateway/${key}/`) || isBackendSecret(name),
    listener: (name) => ports.has(Number(name.slice(name.indexOf('/') + 1))),
    extensionConfig: isOnPorts,
    virtualHost: isOnPorts,
    route: isOnPorts,
  };
  const told: Partial<Record<Part['sort'], (name: string) => boolean>> = {
    gateway: (name) => name === key,
    setStatus: (name) => onPorts.some((prefix) => prefix.startsWith(`${key}/${name}/`)),
    // Those on the same port say of each other whether they conflict, and whether their certificates overlap.
    listenerStatus: (name) => onPorts.includes(`${name}/`),
    routeStatus: (name) => streams.has(name),
  };
  // What else its fleet has (clusters, load assignments, ports) follows from what those ports serve.
  return ({ sort, fleet, name }) => (fleet === key ? (inFleet[sort]?.(name) ?? true) : (told[sort]?.(name) ?? false));
}

/** Its own status, what the ports of its listeners serve, and what is said of them and of the routes that name it. */
export function ofSet(key: string, world: readonly KubernetesObject[]): Belongs {
  const versions = setsOf(world).filter((set) => objectKey(set) === key);
  const listeners = versions.flatMap(listenersOfSet);
  const routes = new Set(
    routesOf(world)
      .filter((route) => (route.spec.parentRefs ?? []).some((ref) => `${ref.namespace ?? route.metadata.namespace}/${ref.name}` === key))
      .map(keyOf),
  );
  const gateways = gatewaysOf(world).filter((gateway) => versions.some((set) => gatewayOf(set) === objectKey(gateway)));
  const ports = gateways.map((gateway) => ofPorts(gateway, world, listeners));
  return (part) =>
    ports.some((each) => each(part)) ||
    (part.sort === 'setStatus' && part.name === key) ||
    (part.sort === 'attachedRoutes' && listeners.some(({ name }) => name === part.name)) ||
    ((part.sort === 'policyStatus' || part.sort === 'trafficStatus' || part.sort === 'externalStatus') &&
      (routes.size > 0 || listeners.some((each) => askedByListener(each).length > 0))) ||
    (part.sort === 'routeStatus' && routes.has(part.name));
}
