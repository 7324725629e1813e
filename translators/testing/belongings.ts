/** What may change when one object does: a naive reading of the specification, to hold the graph against. */
import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { ReferenceGrant } from '../../crds/gateway-api/reference-grant.ts';
import { hostnamesOf, type Route } from '../../crds/gateway-api/route.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { namesOf } from '../gateway-api/addresses/named-addresses.ts';
import { intersect } from '../gateway-api/hostname.ts';
import { objectKey } from '../ir/object-key.ts';
import { routeKey } from '../ir/route-key.ts';
import { classesOf, ofClass, parametersOfClass, parametersOfGateway } from './class-belongings.ts';
import { isSplit, keepsSessions, ofPod, ofSlice } from './endpoint-belongings.ts';
import {
  askedByListener,
  type Belongs,
  carriesBytes,
  gatewayOf,
  gatewaysOf,
  keyOf,
  listenersAt,
  ofAsked,
  ofCertificate,
  ofSet,
  parentsOf,
  routesOf,
  setsOf,
  streamsAt,
} from './listener-belongings.ts';
import { ofOutside, outsideKey, outsideTrusting } from './outside-objects.ts';
import { askedBy, refersToService, servicesOf } from './route-backends.ts';
import { ofBackendTls, ofIdentity, servicesTrusting, targetsOfPolicy } from './tls-belongings.ts';
import { ofTraffic, targetsOfTrafficPolicy } from './traffic-objects.ts';

/** The parts that may differ after `object` came, went or changed; `world` has all objects of before and after. */
export function belongsTo(object: KubernetesObject, world: readonly KubernetesObject[]): Belongs {
  const key = objectKey(object);
  switch (object.kind) {
    case 'GatewayClass':
      return any([
        ...proxiesOf(classesOf(world).filter(isCalled(key)).map(parametersOfClass)),
        ofClass(key),
        ...ofGatewaysThat(isOfClass(key), world),
      ]);
    case 'Gateway':
      return any(ofGatewaysThat(isCalled(key), world));
    case 'Node':
      return any(ofGatewaysThat(({ spec }) => namesOf(spec).length > 0, world));
    case 'EnvoyProxy':
      return ofProxy(key, world);
    case 'XBackend':
    case 'Service':
    case 'ServiceImport':
      return ofBackend(`${object.kind.toLowerCase()}/${key}`, world);
    case 'EndpointSlice':
      return ofSlice(object, world);
    case 'Pod':
      return ofPod(object, world);
    case 'BackendTLSPolicy':
    case 'XBackendTrafficPolicy':
      return any([...targetsOfPolicy(key, world), ...targetsOfTrafficPolicy(key, world)].map((service) => ofBackend(service, world)));
    case 'Secret':
    case 'ConfigMap':
    case 'ClusterTrustBundle':
      return ofContent(`${object.kind} ${key}`, world);
    case 'ListenerSet':
      return ofSet(key, world);
    case 'Namespace':
      return any([
        ofRoutes(
          routesOf(world).filter((one) => one.metadata.namespace === key),
          world,
        ),
        ...setsOf(world)
          .filter((one) => one.metadata.namespace === key)
          .map((one) => ofSet(objectKey(one), world)),
      ]);
    case 'ReferenceGrant':
      return ofGrant(object as ReferenceGrant, world); // by kind
    default:
      return ofRoutes(
        routesOf(world).filter((one) => keyOf(one) === routeKey(object.kind, key)),
        world,
      );
  }
}

const any =
  (some: readonly Belongs[]): Belongs =>
  (part) =>
    some.some((each) => each(part));

const ofGatewaysThat = (fits: (gateway: Gateway) => boolean, world: readonly KubernetesObject[]): readonly Belongs[] =>
  gatewaysOf(world)
    .filter(fits)
    .map((one) => ofGateway(one, world));

const isCalled =
  (key: string) =>
  (object: KubernetesObject): boolean =>
    objectKey(object) === key;
const isOfClass =
  (name: string) =>
  (gateway: Gateway): boolean =>
    gateway.spec.gatewayClassName === name;

/** What is said of the EnvoyProxies that somebody names. */
const proxiesOf = (keys: readonly (string | undefined)[]): readonly Belongs[] =>
  keys.map((key) => (part) => part.sort === 'proxyStatus' && part.name === key);

/** Its own status, and whoever is run by it. */
function ofProxy(key: string, world: readonly KubernetesObject[]): Belongs {
  const classes = classesOf(world).filter((one) => parametersOfClass(one) === key);
  const gateways = gatewaysOf(world).filter(
    (one) => parametersOfGateway(one) === key || classes.some(({ metadata }) => isOfClass(metadata.name)(one)),
  );
  return any([
    ...proxiesOf([key]),
    ...classes.map(({ metadata }) => ofClass(metadata.name)),
    ...gateways.map((one) => ofGateway(one, world)),
  ]);
}

/** Said to people of backends and their policies, by the Gateways that reach them. */
const STATUSES_OF_BACKENDS: ReadonlySet<string> = new Set(['policyStatus', 'trafficStatus', 'externalStatus']);

/** All of its fleet, its status, that of its EnvoyProxy, and the statuses of routes that name it. */
function ofGateway(gateway: Gateway, world: readonly KubernetesObject[]): Belongs {
  const key = objectKey(gateway);
  const routes = routesOf(world).filter((route) => parentsOf(route, world).includes(key));
  const named = new Set(routes.map(keyOf));
  const asked = listenersAt(gateway, world).flatMap(askedByListener);
  const policies = any(
    [...routes.flatMap(servicesOf), ...asked].flatMap((service) => [
      ofBackendTls(service, world),
      ofTraffic(service, world),
      ofOutside(service, world),
    ]),
  );
  const proxy = parametersOfGateway(gateway);
  const sets = new Set(
    setsOf(world)
      .filter((set) => gatewayOf(set) === key)
      .map(objectKey),
  );
  const isOfGateway: Belongs = ({ sort, fleet, name }) =>
    fleet === key ||
    (sort === 'gateway' && name === key) ||
    (sort === 'proxyStatus' && name === proxy) ||
    (sort === 'setStatus' && sets.has(name)) ||
    ((sort === 'listenerStatus' || sort === 'attachedRoutes') && name.startsWith(`${key}/`)) ||
    (sort === 'routeStatus' && named.has(name));
  return (part) => isOfGateway(part) || (STATUSES_OF_BACKENDS.has(part.sort) && policies(part));
}

export const ofService = (key: string, world: readonly KubernetesObject[]): Belongs =>
  any([
    ({ sort, name }) => (sort === 'cluster' || sort === 'loadAssignment') && (name.startsWith(`${key}/`) || isSplit(key, world, name)),
    ofBackendTls(key, world),
    ofTraffic(key, world),
    ofOutside(key, world),
  ]);

/** What there is of a backend (`<kind in small letters>/<ns>/<name>`), the routes that lead to it, and the listeners that ask it. */
const ofBackend = (service: string, world: readonly KubernetesObject[]): Belongs =>
  any([
    ofService(service, world),
    ...routesOf(world)
      .filter(refersToService(service))
      .map((one) => ofReference(one, world)),
    ...gatewaysOf(world).map((one) => ofAsked(one, world, (asked) => asked === service)),
  ]);

/** A rule that loses the Service that a filter asks is refused whole, and needs none of its other Services then; with sessions all may be one cluster. */
function ofReference(route: Route, world: readonly KubernetesObject[]): Belongs {
  const asks = (route.spec.rules ?? []).some((rule) => 'filters' in rule && askedBy(rule.filters).length > 0);
  return any([
    referenceOf(route),
    ...(asks || keepsSessions(route, world) ? servicesOf(route).map((service) => ofService(service, world)) : []),
  ]);
}

/** Whoever refers to an object with certificates. */
const ofContent = (content: string, world: readonly KubernetesObject[]): Belongs =>
  any([
    ...[...servicesTrusting(content, world), ...outsideTrusting((each) => each === content, world).map(outsideKey)].map((service) =>
      ofBackend(service, world),
    ),
    ...gatewaysOf(world).flatMap((one) => [
      ofCertificate(one, world, (each) => each === content),
      ofIdentity(one, (each) => each === content),
    ]),
  ]);

/** The route where it stands, as it is served: not who else is served, nor whether it is attached. */
const referenceOf =
  (route: Route): Belongs =>
  ({ sort, name }) =>
    (sort === 'routeStatus' && name === keyOf(route)) ||
    (sort === 'route' && name.includes(` ${route.kind.toLowerCase()}/${objectKey(route)}/`)) ||
    (sort === 'extensionConfig' && name.endsWith(`/${route.kind.toLowerCase()}/${objectKey(route)}`)) ||
    (sort === 'listener' && route.kind === 'UDPRoute' && name.startsWith('UDP/'));

/** What is theirs, and what is of those who get a host when they go, or lose it when they come: routes of the other kind, and so on. */
function ofRoutes(some: readonly Route[], world: readonly KubernetesObject[]): Belongs {
  const concerned = new Set(some);
  for (const each of concerned) for (const other of routesOf(world)) if (contend(each, other, world)) concerned.add(other);
  return any([...concerned].map((one) => ofRoute(one, world)));
}

function contend(a: Route, b: Route, world: readonly KubernetesObject[]): boolean {
  const kinds = [a.kind, b.kind].sort().join(' ');
  if (kinds !== 'GRPCRoute HTTPRoute' || !parentsOf(a, world).some((parent) => parentsOf(b, world).includes(parent))) return false;
  return hostsOf(a).some((host) => hostsOf(b).some((other) => intersect(host, other) !== undefined));
}

function hostsOf(route: Route): readonly string[] {
  const hosts = hostnamesOf(route);
  return hosts.length === 0 ? [''] : hosts.map((host) => host.toLowerCase());
}

function ofRoute(route: Route, world: readonly KubernetesObject[]): Belongs {
  return !carriesBytes(route) ? ofRequests(route, world) : any([ofRequests(route, world), ofBytes(route, world)]);
}

/** Who else asks for what it asks for gets it, or loses it; and a port for bytes has a chain for each of its routes. */
function ofBytes(route: Route, world: readonly KubernetesObject[]): Belongs {
  const parents = parentsOf(route, world);
  const rivals = streamsAt(parents, world);
  const ports = new Set(
    gatewaysOf(world).flatMap((gateway) =>
      listenersAt(gateway, world)
        .filter(({ spec }) => ['TLS', 'TCP', 'UDP'].includes(spec.protocol))
        .map(({ spec: { protocol, port } }) => `${objectKey(gateway)} ${protocol === 'UDP' ? 'UDP' : 'TCP'}/${port}`),
    ),
  );
  return ({ sort, fleet, name }) =>
    (sort === 'routeStatus' && rivals.has(name)) ||
    (parents.includes(fleet) && (sort === 'extensionConfig' || (sort === 'listener' && ports.has(`${fleet} ${name}`))));
}

function ofRequests(route: Route, world: readonly KubernetesObject[]): Belongs {
  const parents = parentsOf(route, world);
  const own = any([referenceOf(route), ...servicesOf(route).map((service) => ofService(service, world))]);
  return (part) =>
    (own(part) && (part.fleet === '' || parents.includes(part.fleet))) ||
    (part.sort === 'attachedRoutes' && parents.some((parent) => part.name.startsWith(`${parent}/`))) ||
    (part.sort === 'virtualHost' && parents.includes(part.fleet) && meets(route, part.name));
}

function meets(route: Route, virtualHost: string): boolean {
  const domain = virtualHost.slice(virtualHost.lastIndexOf('/') + 1).replaceAll('_', '.');
  return hostsOf(route).some((host) => intersect(host, domain === '*' ? '' : domain) !== undefined);
}

function ofGrant(grant: ReferenceGrant, world: readonly KubernetesObject[]): Belongs {
  const opened = grant.metadata.namespace ?? '';
  const isReferred = (service: string): boolean => service.split('/')[1] === opened;
  const isOpened = (content: string): boolean => content.split(' ')[1]?.startsWith(`${opened}/`) === true;
  const admits = (kind: string, object: KubernetesObject): boolean =>
    grant.spec.from.some((from) => from.kind === kind && from.namespace === object.metadata.namespace);
  const routes = routesOf(world)
    .filter((route) => admits(route.kind, route) && servicesOf(route).some(isReferred))
    .flatMap((route) => [
      ofReference(route, world),
      ...servicesOf(route)
        .filter(isReferred)
        .map((service) => ofService(service, world)),
    ]);
  const gateways = gatewaysOf(world)
    .filter(
      (gateway) =>
        admits('Gateway', gateway) || setsOf(world).some((set) => gatewayOf(set) === objectKey(gateway) && admits('ListenerSet', set)),
    )
    .flatMap((gateway) => [ofCertificate(gateway, world, isOpened), ofIdentity(gateway, isOpened), ofAsked(gateway, world, isReferred)]);
  const outside = outsideTrusting(isOpened, world)
    .filter((backend) => admits('XBackend', backend))
    .map((backend) => ofBackend(outsideKey(backend), world));
  return any([...routes, ...gateways, ...outside]);
}
