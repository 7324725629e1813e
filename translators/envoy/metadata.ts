import { create, type JsonObject } from '@bufbuild/protobuf';
import { type Metadata, MetadataSchema } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import type { ObjectRef } from '../ir/object-ref.ts';

/** Where access logs find the objects behind a resource: `%METADATA(ROUTE:envoy-gateway:resources)%` (contract D.5). */
const NAMESPACE = 'envoy-gateway';

/** The metadata of a listener, filter chain, virtual host or cluster that these objects made. */
export function metadataOf(resources: readonly ObjectRef[]): Metadata {
  return create(MetadataSchema, { filterMetadata: { [NAMESPACE]: { resources: resources.map(resourceOf) } } });
}

/**
 * The metadata of a route, only where it says what the route's name does not: the name of a rule, or annotations of its object. It is the dearest part of a route,
 * more than half of what a changed route configuration costs a proxy (decision 34).
 */
export const routeMetadataOf = (origin: ObjectRef): { readonly metadata?: Metadata } =>
  origin.annotations === undefined && origin.sectionName === undefined ? {} : { metadata: metadataOf([origin]) };

/** Keys in sorted order, because a Struct is a map and maps are written in insertion order. */
function resourceOf({ annotations, kind, name, namespace, sectionName }: ObjectRef): JsonObject {
  return {
    ...(annotations === undefined ? {} : { annotations: Object.fromEntries(Object.entries(annotations).sort(byKey)) }),
    kind,
    name,
    namespace,
    ...(sectionName === undefined ? {} : { sectionName }),
  };
}

const byKey = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : 1);
