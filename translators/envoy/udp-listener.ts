import { create } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { type Listener, ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { RouteSchema } from '../../xds/proto/gen/envoy/extensions/filters/udp/udp_proxy/v3/route_pb.ts';
import { UdpProxyConfigSchema } from '../../xds/proto/gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy_pb.ts';
import { SourcePortInputSchema } from '../../xds/proto/gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.ts';
import { RuntimeFractionSchema } from '../../xds/proto/gen/envoy/extensions/matching/input_matchers/runtime_fraction/v3/runtime_fraction_pb.ts';
import { FractionalPercent_DenominatorType } from '../../xds/proto/gen/envoy/type/v3/percent_pb.ts';
import type { Matcher_MatcherList_FieldMatcherSchema, Matcher_OnMatchSchema } from '../../xds/proto/gen/xds/type/matcher/v3/matcher_pb.ts';
import type { PortListenerNode } from '../ir/listener-node.ts';
import type { BackendShare } from '../ir/route-node.ts';
import { socketAddress } from './address.ts';
import type { MessageInit } from './message-init.ts';
import { metadataOf } from './metadata.ts';
import { pack } from './pack.ts';
import { streamShares, type WeightedClusterName } from './stream-backends.ts';

/** In contract D.5 every UDP listener has this one. */
const STAT_PREFIX = 'service';
const MILLION = 1_000_000;

/**
 * A bound UDP port. Envoy takes the filters of one as they stand in the listener only, so that this listener changes with its route; no
 * other does. It always shares its port (SO_REUSEPORT), because Envoy spreads datagrams over its threads in no other way.
 */
export function buildUdpListener(node: PortListenerNode, backends: readonly BackendShare[]): Listener {
  return create(ListenerSchema, {
    name: node.name,
    address: socketAddress(node.bindAddress, node.bindPort, node.ipv6Only, 'UDP'),
    udpListenerConfig: {},
    listenerFilters: [
      { name: 'envoy.filters.udp_listener.udp_proxy', configType: { case: 'typedConfig', value: udpProxy(streamShares(backends)) } },
    ],
    metadata: metadataOf(node.origins.slice(0, 1)),
  });
}

type Shares = readonly [WeightedClusterName, ...WeightedClusterName[]];

/** All but the last share are taken by chance, the last takes what is left. */
function udpProxy(shares: Shares): Any {
  const last = shares.at(-1) ?? shares[0];
  const matchers = shares.slice(0, -1).map((share, index) => chance(share, remaining(shares, index), index));
  return pack(UdpProxyConfigSchema, {
    statPrefix: STAT_PREFIX,
    routeSpecifier: {
      case: 'matcher',
      value: {
        ...(matchers.length === 0 ? {} : { matcherType: { case: 'matcherList', value: { matchers } } }),
        onNoMatch: routeTo(last.name),
      },
    },
  });
}

const remaining = (shares: Shares, from: number): number => shares.slice(from).reduce((sum, { weight }) => sum + weight, 0);

/** A client's port is as good as chance: whoever asks from a new one draws anew, and one that stays keeps its backend. */
function chance(
  { name, weight }: WeightedClusterName,
  of: number,
  seed: number,
): MessageInit<typeof Matcher_MatcherList_FieldMatcherSchema> {
  const defaultValue = { numerator: Math.round((weight / of) * MILLION), denominator: FractionalPercent_DenominatorType.MILLION };
  return {
    predicate: {
      matchType: {
        case: 'singlePredicate',
        value: {
          input: { name: 'source_port', typedConfig: pack(SourcePortInputSchema) },
          matcher: {
            case: 'customMatch',
            value: { name: 'share', typedConfig: pack(RuntimeFractionSchema, { runtimeFraction: { defaultValue }, seed: BigInt(seed) }) },
          },
        },
      },
    },
    onMatch: routeTo(name),
  };
}

const routeTo = (cluster: string): MessageInit<typeof Matcher_OnMatchSchema> => ({
  onMatch: { case: 'action', value: { name: 'route', typedConfig: pack(RouteSchema, { cluster }) } },
});
