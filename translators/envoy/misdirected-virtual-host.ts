import { create, toBinary } from '@bufbuild/protobuf';
import { RouteSchema, VirtualHostSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { RouteConfigurationSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_pb.ts';
import { contentHash } from './content-hash.ts';
import { encodeMessage } from './encode.ts';
import type { EncodedVirtualHost, VirtualHostHead } from './encode-routes.ts';
import { field, join, rope, textRope } from './framing.ts';
import { metadataOf } from './metadata.ts';

/** Domains that many virtual hosts have, each without its own: encoded once for all. */
export interface SharedDomains {
  readonly bytes: Uint8Array;
  /** Where each begins and ends. */
  readonly places: ReadonlyMap<string, readonly [begin: number, end: number]>;
  readonly hash: string;
}

export function encodeDomains(domains: readonly string[]): SharedDomains {
  const places = new Map<string, readonly [number, number]>();
  let size = 0;
  const fields = domains.map((domain) => {
    const encoded = field(VirtualHostSchema.field.domains.number, textRope(domain));
    places.set(domain, [size, size + encoded.size]);
    size += encoded.size;
    return encoded;
  });
  const bytes = join(rope(fields));
  return { bytes, places, hash: contentHash(bytes) };
}

/** RFC 9110, 15.5.20. */
const MISDIRECTED_REQUEST = 421;

const ROUTE = create(RouteSchema, {
  name: 'misdirected-request',
  match: { pathSpecifier: { case: 'prefix', value: '/' } },
  action: { case: 'directResponse', value: { status: MISDIRECTED_REQUEST } },
});

/** Answers 421 for all of `domains` but its own. Costs the same however many there are. */
export function encodeMisdirectedVirtualHost(
  { name, origin }: Omit<VirtualHostHead, 'domains'>,
  { bytes, places, hash }: SharedDomains,
  own: string,
): EncodedVirtualHost {
  // Without the domains it is not complete, and cannot be checked.
  const head = toBinary(VirtualHostSchema, create(VirtualHostSchema, { name, metadata: metadataOf([origin]) }));
  const route = encodeMessage(RouteSchema, ROUTE);
  const [begin, end] = places.get(own) ?? [0, 0];
  const content = rope([head, bytes.subarray(0, begin), bytes.subarray(end), field(VirtualHostSchema.field.routes.number, rope([route]))]);
  const routeHash = contentHash(route);
  return {
    fragment: {
      key: name,
      hash: contentHash([contentHash(head), hash, own, routeHash].join(' ')),
      requires: [],
      fragments: [{ key: ROUTE.name, hash: routeHash, requires: [] }],
    },
    bytes: field(RouteConfigurationSchema.field.virtualHosts.number, content),
    quarantined: [],
  };
}
