import { fromBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type DeltaDiscoveryRequest, DeltaDiscoveryRequestSchema } from './proto/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES, type ResourceType, type Rope } from './resource.ts';
import { resourceTypes } from './resource-cache.ts';
import type { DeltaRequest } from './subscription.ts';
import { WireMessage } from './wire-message.ts';

export const decodeRequest = (bytes: Uint8Array): DeltaDiscoveryRequest => fromBinary(DeltaDiscoveryRequestSchema, bytes);

const typeByUrl = new Map<string, ResourceType>(resourceTypes.map((type) => [RESOURCE_TYPES[type], type]));

/** Undefined: a type that this server has nothing of. */
export function readRequest(request: DeltaDiscoveryRequest): DeltaRequest | undefined {
  const type = typeByUrl.get(request.typeUrl);
  if (type === undefined) return undefined;
  return {
    type,
    subscribe: request.resourceNamesSubscribe,
    unsubscribe: request.resourceNamesUnsubscribe,
    initialVersions: request.initialResourceVersions,
    nonce: request.responseNonce,
    error: request.errorDetail === undefined ? undefined : request.errorDetail.message,
  };
}

/** Field numbers of envoy.service.discovery.v3.DeltaDiscoveryResponse; `resources` is field 2, in the entries already. */
const FIELD = { typeUrl: 4, nonce: 5, removedResources: 6 } as const;

export interface ResponseParts {
  readonly typeUrl: string;
  readonly nonce: string;
  /** Framed `resources` entries. */
  readonly entries: readonly Rope[];
  readonly removed: readonly string[];
}

/** One DeltaDiscoveryResponse: the shared entries as they are, and the few bytes that are this stream's own. Copies nothing yet. */
export function encodeResponse({ typeUrl, nonce, entries, removed }: ResponseParts): WireMessage {
  const writer = new BinaryWriter();
  writer.tag(FIELD.typeUrl, WireType.LengthDelimited).string(typeUrl);
  writer.tag(FIELD.nonce, WireType.LengthDelimited).string(nonce);
  for (const name of removed) writer.tag(FIELD.removedResources, WireType.LengthDelimited).string(name);
  const own = writer.finish();
  return new WireMessage({ parts: [...entries, own], size: entries.reduce((sum, entry) => sum + entry.size, own.byteLength) });
}
