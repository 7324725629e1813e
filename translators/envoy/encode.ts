import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClusterLoadAssignmentSchema } from '../../xds/proto/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { SecretSchema } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import { DeltaDiscoveryResponseSchema, ResourceSchema } from '../../xds/proto/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES, type Resource, type ResourceRef, type Rope } from '../../xds/resource.ts';
import type { ClusterNode, LoadAssignmentNode } from '../ir/cluster-node.ts';
import type { SecretNode, TrustedCaNode } from '../ir/listener-node.ts';
import { check } from './check.ts';
import { buildCluster } from './cluster.ts';
import { contentHash } from './content-hash.ts';
import { field, rope, textRope } from './framing.ts';
import { buildLoadAssignment } from './load-assignment.ts';
import { buildReadyListener, type ReadyListenerNode, readyListenerName } from './ready-listener.ts';
import { buildSecret } from './secret.ts';

/** @param graceMs how long a proxy may still use it after nothing refers to it: the longest request of its routes. */
export function encodeCluster(node: ClusterNode, graceMs: number): Resource {
  const bytes = encodeMessage(ClusterSchema, buildCluster(node));
  const requires = [...endpointsOf(node), ...secretsOf(node)];
  return { ...wholeResource({ type: 'cluster', name: node.name }, bytes), requires, graceMs };
}

const endpointsOf = ({ loadAssignment, isShut, dns }: ClusterNode): readonly ResourceRef[] =>
  isShut === true || dns !== undefined ? [] : [{ type: 'loadAssignment', name: loadAssignment }];

const secretsOf = ({ tls, clientCertificate, isShut }: ClusterNode): readonly ResourceRef[] =>
  tls === undefined || isShut === true
    ? []
    : [tls.trustedCa, clientCertificate].filter((name) => name !== undefined).map((name) => ({ type: 'secret', name }));

export function encodeLoadAssignment(node: LoadAssignmentNode): Resource {
  return wholeResource({ type: 'loadAssignment', name: node.name }, encodeMessage(ClusterLoadAssignmentSchema, buildLoadAssignment(node)));
}

/** A filter chain as a listener takes it in: one framed field of `Listener`. */
export interface EncodedChain {
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly requires: readonly ResourceRef[];
}

/** Nothing refers to it, and it refers to nothing. */
export const encodeReadyListener = (node: ReadyListenerNode): Resource =>
  wholeResource({ type: 'listener', name: readyListenerName(node) }, encodeMessage(ListenerSchema, buildReadyListener(node)));

export function encodeSecret(node: SecretNode | TrustedCaNode): Resource {
  return wholeResource({ type: 'secret', name: node.name }, encodeMessage(SecretSchema, buildSecret(node)));
}

/** The bytes of a message that Envoy's own rules accept. Throws what is wrong with it: what users can get wrong is refused before. */
export function encodeMessage<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array {
  const [violation, ...more] = check(schema, message);
  if (violation === undefined) return toBinary(schema, message);
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  throw new Error(`${schema.typeName}: ${violation.path}: ${violation.message}${others}`);
}

/** The framed entry of a response. Copies nothing. */
export function entryOf(ref: ResourceRef, version: string, body: Rope): Rope {
  const { name, version: versionField, resource } = ResourceSchema.field;
  const any = rope([field(AnySchema.field.typeUrl.number, textRope(RESOURCE_TYPES[ref.type])), field(AnySchema.field.value.number, body)]);
  const entry = rope([field(versionField.number, textRope(version)), field(resource.number, any), field(name.number, textRope(ref.name))]);
  return field(DeltaDiscoveryResponseSchema.field.resources.number, entry);
}

/** A resource that stands or falls as a whole. */
export const wholeResource = (ref: ResourceRef, bytes: Uint8Array): Resource => resourceOf(ref, contentHash(bytes), rope([bytes]));

export const resourceOf = (ref: ResourceRef, version: string, body: Rope): Resource => ({
  ...ref,
  version,
  entry: entryOf(ref, version, body),
  requires: [],
  fragments: [],
  graceMs: 0,
});
