import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { ResourceSchema } from '../proto/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { type Fragment, RESOURCE_TYPES, type Resource, type ResourceChange, type ResourceRef, type ResourceType } from '../resource.ts';

/** What a sample may say beside its name; `version` stands for its content. */
export interface SampleParts {
  readonly version?: string;
  readonly requires?: readonly ResourceRef[];
  readonly fragments?: readonly Fragment[];
  readonly graceMs?: number;
  /** Bytes of the message inside; a real one where a real Envoy reads it. */
  readonly bytes?: Uint8Array;
}

/** A resource framed as the server expects it. */
export function sample(type: ResourceType, name: string, parts: SampleParts = {}): Resource {
  const { version = '1', requires = [], fragments = [], graceMs = 0, bytes = new Uint8Array() } = parts;
  const message = create(ResourceSchema, { name, version, resource: { typeUrl: RESOURCE_TYPES[type], value: bytes } });
  const entry = new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(toBinary(ResourceSchema, message)).finish();
  return { type, name, version, requires, fragments, graceMs, entry: { parts: [entry], size: entry.byteLength } };
}

/** A cluster with the load assignment of the same name. */
export const edsCluster = (name: string, parts: SampleParts = {}): Resource =>
  sample('cluster', name, { requires: [{ type: 'loadAssignment', name }], ...parts });

/** A route fragment: what it is named, what it says, the clusters that it needs. */
export const route = (key: string, hash: string, ...requires: string[]): Fragment => ({ key, hash, requires });

/** A route configuration of one virtual host. Its version follows from its routes. */
export function routeConfiguration(name: string, routes: readonly Fragment[], parts: SampleParts = {}): Resource {
  const hash = routes.map((one) => `${one.key}=${one.hash}`).join(',');
  const fragments = [{ key: 'host', hash, requires: [], fragments: routes }];
  return sample('routeConfiguration', name, { version: hash, fragments, ...parts });
}

export const set = (...resources: Resource[]): ResourceChange[] =>
  resources.map((resource) => ({ type: resource.type, name: resource.name, resource }));

export const unset = (type: ResourceType, ...names: string[]): ResourceChange[] =>
  names.map((name) => ({ type, name, resource: undefined }));
