import type { Fragment } from '../../xds/resource.ts';
import { join } from '../envoy/framing.ts';
import { gatewayOfSet } from '../gateway-api/listeners/listener-sets.ts';
import type { FleetResource } from '../gateway-api/routes/route-configurations.ts';
import type { Collection } from '../graph/collection.ts';
import type { ListenerStatus } from '../statuses/listener-status.ts';
import type { Pipelines } from './pipelines.ts';

/** All that comes out of both graphs, as text by `<collection> <key>`: the same text means the same bytes and the same words. */
export function outputsOf(pipelines: Pipelines): ReadonlyMap<string, string> {
  const { main, endpoints } = pipelines;
  const resources = Object.entries(resourcesOf(pipelines)).flatMap(([name, collection]) =>
    [...collection.entries()].map(([key, { fleet, resource }]) => {
      const { entry, ...rest } = resource;
      return [`${name} ${key}`, JSON.stringify({ fleet, ...rest, entry: Buffer.from(join(entry)).toString('base64') })] as const;
    }),
  );
  const { expiries, gatewayCounts, infra, statuses, wanted } = main;
  const faults = { mainFaults: main.graph.faults, endpointFaults: endpoints.graph.faults };
  const others: Readonly<Record<string, Collection<unknown>>> = { ...statuses, ...faults, expiries, gatewayCounts, infra, wanted };
  const rest = Object.entries(others).flatMap(([name, collection]) =>
    [...collection.entries()].map(([key, value]) => [`${name} ${key}`, JSON.stringify(value)] as const),
  );
  return new Map([...resources, ...rest]);
}

const resourcesOf = ({ main, endpoints }: Pipelines): Readonly<Record<string, Collection<FleetResource>>> => ({
  ...main.resources,
  loadAssignments: endpoints.loadAssignments,
});

/** The smallest thing that a person could say of whom it belongs to. */
export interface Part {
  readonly sort:
    | 'class'
    | 'proxyStatus'
    | 'gateway'
    | 'setStatus'
    | 'listenerStatus'
    | 'attachedRoutes'
    | 'routeStatus'
    | 'policyStatus'
    | 'telemetryStatus'
    | 'trafficStatus'
    | 'externalStatus'
    | 'secret'
    | 'cluster'
    | 'loadAssignment'
    | 'listener'
    | 'extensionConfig'
    | 'infra'
    | 'virtualHost'
    | 'route';
  /** Empty for statuses. */
  readonly fleet: string;
  /** Of statuses the key of the object (and listener), of resources their name; of a listener its port as `TCP/80`; of a route `<virtual host> <route>`. */
  readonly name: string;
  readonly text: string;
}

export const partKey = ({ sort, fleet, name }: Part): string => `${sort} ${fleet} ${name}`;

export function partsOf(pipelines: Pipelines): ReadonlyMap<string, Part> {
  const parts = [...statusParts(pipelines), ...resourceParts(pipelines), ...routeParts(pipelines)];
  return new Map(parts.map((part) => [partKey(part), part]));
}

const of = (sort: Part['sort'], name: string, value: unknown): Part => ({ sort, fleet: '', name, text: JSON.stringify(value) });

const listenerParts = (owner: string, listeners: readonly ListenerStatus[]): readonly Part[] =>
  listeners.flatMap(({ attachedRoutes, ...listener }) => [
    of('listenerStatus', `${owner}/${listener.name}`, listener),
    of('attachedRoutes', `${owner}/${listener.name}`, attachedRoutes),
  ]);

function statusParts({ main: { statuses, inputs } }: Pipelines): readonly Part[] {
  const parentOfSet = (key: string): string => {
    const set = inputs.listenerSets.get(key);
    return (set && gatewayOfSet(set)) ?? '';
  };
  return [
    ...[...statuses.gatewayClasses.entries()].map(([key, status]) => of('class', key, status)),
    ...[...statuses.backendTlsPolicies.entries()].map(([key, status]) => of('policyStatus', key, status)),
    ...[...statuses.telemetryPolicies.entries()].map(([key, status]) => of('telemetryStatus', key, status)),
    ...[...statuses.trafficPolicies.entries()].map(([key, status]) => of('trafficStatus', key, status)),
    ...[...statuses.xBackends.entries()].map(([key, status]) => of('externalStatus', key, status)),
    ...[...statuses.envoyProxies.entries()].map(([key, status]) => of('proxyStatus', key, status)),
    ...[...statuses.routes.entries()].map(([key, status]) => of('routeStatus', key, status)),
    ...[...statuses.gateways.entries()].flatMap(([key, { listeners, ...own }]) => [
      of('gateway', key, own),
      ...listenerParts(key, listeners),
    ]),
    ...[...statuses.listenerSets.entries()].flatMap(([key, { listeners, ...own }]) => [
      of('setStatus', key, own),
      ...listenerParts(`${parentOfSet(key)}/${key}`, listeners),
    ]),
  ];
}

const SORTS = {
  secrets: 'secret',
  clusters: 'cluster',
  loadAssignments: 'loadAssignment',
  listeners: 'listener',
  extensionConfigs: 'extensionConfig',
} as const;

function resourceParts(pipelines: Pipelines): readonly Part[] {
  const all = resourcesOf(pipelines);
  const resources = Object.entries(SORTS).flatMap(([name, sort]) =>
    [...(all[name]?.entries() ?? [])].map(([key, { fleet, resource }]) => {
      const text = `${resource.version} ${resource.graceMs}`;
      return { sort, fleet, name: key.slice(fleet.length + 1), text };
    }),
  );
  const infra = [...pipelines.main.infra.entries()].map(([, node]) => ({
    sort: 'infra' as const,
    fleet: node.fleet,
    name: '',
    text: JSON.stringify(node),
  }));
  return [...resources, ...infra];
}

function routeParts({ main }: Pipelines): readonly Part[] {
  return [...main.resources.routeConfigurations.entries()].flatMap(([, { fleet, resource }]) =>
    resource.fragments.flatMap((host) => [
      { sort: 'virtualHost' as const, fleet, name: host.key, text: '' },
      ...(host.fragments ?? []).map((route: Fragment) => ({
        sort: 'route' as const,
        fleet,
        name: `${host.key} ${route.key}`,
        text: route.hash,
      })),
    ]),
  );
}

/** The routes of each virtual host, in the order in which Envoy tries them, as keys of parts. */
export const routeOrders = ({ main }: Pipelines): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...main.resources.routeConfigurations.entries()].flatMap(([, { fleet, resource }]) =>
      resource.fragments.map(
        (host) => [`${fleet} ${host.key}`, (host.fragments ?? []).map((route) => `route ${fleet} ${host.key} ${route.key}`)] as const,
      ),
    ),
  );
