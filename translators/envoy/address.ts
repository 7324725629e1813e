import { create } from '@bufbuild/protobuf';
import { type Address, AddressSchema, SocketAddress_Protocol } from '../../xds/proto/gen/envoy/config/core/v3/address_pb.ts';
import type { Transport } from '../ir/transport.ts';

/** An IP address, or a name where Envoy resolves names. `::` takes IPv4 too unless it is told not to. */
export function socketAddress(address: string, port: number, ipv6Only = false, transport: Transport = 'TCP'): Address {
  return create(AddressSchema, {
    address: {
      case: 'socketAddress',
      value: {
        address,
        portSpecifier: { case: 'portValue', value: port },
        ipv4Compat: address === '::' && !ipv6Only,
        protocol: SocketAddress_Protocol[transport],
      },
    },
  });
}

/** A Unix socket by its path. */
export const unixAddress = (path: string): Address => create(AddressSchema, { address: { case: 'pipe', value: { path } } });
