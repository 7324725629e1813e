import { createRegistry, fromBinary, type JsonValue, type Registry, toJson } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { DeltaDiscoveryResponseSchema } from '../../xds/proto/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { PACKED_SCHEMAS } from './packed-schemas.ts';

/** A resource as people read it: protobuf JSON, every `Any` expanded with its `@type`. */
export interface ExpandedResource {
  readonly name: string;
  readonly version: string;
  readonly resource: JsonValue;
}

let registry: Registry | undefined;

/** Every message that may stand inside an `Any` of ours. */
function knownMessages(): Registry {
  registry ??= createRegistry(...PACKED_SCHEMAS);
  return registry;
}

/** Reads back what goes over the wire. Throws if it is not one entry of a DeltaDiscoveryResponse: that would be a bug of the encoder. */
export function expandEntry(entry: Uint8Array): ExpandedResource {
  const [wrapped] = fromBinary(DeltaDiscoveryResponseSchema, entry).resources;
  if (wrapped?.resource === undefined) throw new Error('an encoded resource is not a framed entry of a DeltaDiscoveryResponse');
  const message = anyUnpack(wrapped.resource, knownMessages());
  if (message === undefined) throw new Error(`no schema is registered for ${wrapped.resource.typeUrl}; add it to packed-schemas.ts`);
  const schema = knownMessages().getMessage(message.$typeName);
  if (schema === undefined) throw new Error(`no schema is registered for ${message.$typeName}; add it to packed-schemas.ts`);
  return { name: wrapped.name, version: wrapped.version, resource: toJson(schema, message, { registry: knownMessages() }) };
}
