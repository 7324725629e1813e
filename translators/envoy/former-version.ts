import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { RouteMatchSchema, VirtualHostSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { type Fragment, standInHash } from '../../xds/resource.ts';
import { contentHash } from './content-hash.ts';
import type { EncodedRoute } from './encode-routes.ts';

/** Lists are shared by all routes of a virtual host that are looked for. */
const indexed = new WeakMap<readonly Fragment[], ReadonlyMap<string, EncodedRoute>>();

/**
 * What stands in for a suspect: the route among `formers` that takes the same requests. Undefined: there is none. Names say nothing of that: they count rules, and a rule that is put before another
 * one takes over its name. Reads the bytes, since that is needed while a refused route is looked for and at no other time.
 */
export function formerVersion({ bytes, fragment }: EncodedRoute, formers: readonly Fragment[]): EncodedRoute | undefined {
  if (formers.length === 0) return undefined;
  const byMatch = indexed.get(formers) ?? index(formers);
  const former = byMatch.get(matchOf(bytes));
  if (former === undefined) return undefined;
  const { hash, key } = fragment;
  const { requires } = former.fragment;
  return { bytes: former.bytes, fragment: { key, hash: standInHash(hash, former.fragment), requires, bytes: former.bytes } };
}

function index(formers: readonly Fragment[]): ReadonlyMap<string, EncodedRoute> {
  const byMatch = new Map<string, EncodedRoute>();
  for (const fragment of formers.toReversed()) {
    const { bytes } = fragment;
    if (bytes !== undefined) byMatch.set(matchOf(bytes), { fragment, bytes });
  }
  indexed.set(formers, byMatch);
  return byMatch;
}

/** Of what is encoded as framed `VirtualHost.routes` entries: the preflight and the route, or the route. */
const matchOf = (bytes: Uint8Array): string =>
  fromBinary(VirtualHostSchema, bytes)
    .routes.map(({ match }) => (match === undefined ? '' : contentHash(toBinary(RouteMatchSchema, match))))
    .join(' ');
