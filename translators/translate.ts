import type { KubernetesObject } from '../crds/object-meta.ts';
import type { ResourceType } from '../xds/resource.ts';
import { createEndpointPipeline, type EndpointPipeline } from './endpoint-pipeline.ts';
import { type ExpandedResource, expandEntry } from './envoy/expand.ts';
import { join } from './envoy/framing.ts';
import { compareText } from './gateway-api/age.ts';
import type { FleetResource } from './gateway-api/routes/route-configurations.ts';
import type { Collection } from './graph/collection.ts';
import type { FleetObservation } from './inputs.ts';
import type { InfraNode } from './ir/infra-node.ts';
import { objectKey } from './ir/object-key.ts';
import { objectSinks } from './object-sinks.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import type { Settings } from './settings.ts';
import { statusPlace } from './statuses/status-place.ts';

/** Everything that a set of objects amounts to. */
export interface Translation {
  /** The objects that get a status from us, in input order, with that status. Objects of other controllers keep theirs. */
  readonly statuses: readonly KubernetesObject[];
  /** The intermediate representation, by collection and key. */
  readonly ir: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly infra: readonly InfraNode[];
  /** By fleet and type, sorted by name. */
  readonly xds: Readonly<Record<string, Readonly<Partial<Record<ResourceType, readonly ExpandedResource[]>>>>>;
}

export interface TranslateOptions {
  readonly settings: Settings;
  /** Milliseconds since the epoch; decides which certificates have expired. */
  readonly now: number;
}

const AS_IF_SERVED: FleetObservation = { proxies: 1, ready: 1, addresses: undefined, refused: [], lagging: [] };

/** Translates admitted objects without a cluster, as if every proxy had taken everything. Pure: same objects, same result. */
export function translate(objects: readonly KubernetesObject[], { settings, now }: TranslateOptions): Translation {
  const main = createPipeline(settings);
  const endpoints = createEndpointPipeline();
  const sinks = objectSinks(main.inputs, endpoints.inputs);
  for (const object of objects) sinks.get(object.kind)?.(objectKey(object), object);
  settleWhole(main, endpoints, now);
  return {
    statuses: objects.flatMap((object) => withStatus(main, object)),
    ir: irOf(main),
    infra: [...main.infra.entries()].map(([, infra]) => infra),
    xds: xdsOf([...Object.values(main.resources), endpoints.loadAssignments]),
  };
}

/** Settles until nothing asks for more: passed instants and proxies' answers are inputs that the graph itself asks for. */
function settleWhole(main: Pipeline, endpoints: EndpointPipeline, now: number): void {
  do {
    main.graph.settle();
    passInstants(main, now);
    observeFleets(main);
  } while (main.graph.pending);
  for (const [key, wanted] of main.wanted.entries()) endpoints.inputs.wanted.put(key, wanted);
  endpoints.graph.settle();
}

function passInstants({ expiries, inputs: { passed } }: Pipeline, now: number): void {
  for (const [, { wakeAt }] of expiries.entries()) {
    if (wakeAt !== undefined && wakeAt <= now && !passed.has(String(wakeAt))) passed.put(String(wakeAt), true);
  }
}

function observeFleets({ infra, inputs: { observations } }: Pipeline): void {
  for (const [, { fleet, problem }] of infra.entries()) {
    if (problem === undefined && !observations.has(fleet)) observations.put(fleet, AS_IF_SERVED);
  }
}

function withStatus(main: Pipeline, object: KubernetesObject): readonly KubernetesObject[] {
  const place = statusPlace(object.kind, objectKey(object));
  if (place === undefined) return [];
  const status = main.statuses[place.collection].get(place.key);
  return [status === undefined ? object : { ...object, status }];
}

function irOf(main: Pipeline): Translation['ir'] {
  const plain = <T>(collection: Collection<T>): Readonly<Record<string, unknown>> => Object.fromEntries(collection.entries());
  return {
    listeners: plain(main.portNodes),
    rules: plain(main.rules),
    fleets: plain(main.infra),
  };
}

function xdsOf(collections: readonly Collection<FleetResource>[]): Translation['xds'] {
  const all = collections.flatMap((collection) => [...collection.entries()].map(([, each]) => each));
  const fleets = [...Map.groupBy(all, ({ fleet }) => fleet)].sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(fleets.map(([fleet, resources]) => [fleet, byType(resources)]));
}

function byType(resources: readonly FleetResource[]): Translation['xds'][string] {
  const types = [...Map.groupBy(resources, ({ resource }) => resource.type)];
  const expanded = (each: readonly FleetResource[]): readonly ExpandedResource[] =>
    each.map(({ resource }) => expandEntry(join(resource.entry))).sort((a, b) => compareText(a.name, b.name));
  return Object.fromEntries(types.map(([type, each]) => [type, expanded(each)]));
}
