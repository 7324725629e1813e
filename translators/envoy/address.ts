import { create } from '@bufbuild/protobuf';
import { type Address, AddressSchema } from '../../xds/proto/gen/envoy/config/core/v3/address_pb.ts';

/** An IP address, or a name where Envoy resolves names. `::` takes IPv4 too unless it is told not to. */
export function socketAddress(address: string, port: number, ipv6Only = false): Address {
  return create(AddressSchema, {
    address: {
      case: 'socketAddress',
      value: { address, portSpecifier: { case: 'portValue', value: port }, ipv4Compat: address === '::' && !ipv6Only },
    },
  });
}

/** A Unix socket by its path. */
export const unixAddress = (path: string): Address => create(AddressSchema, { address: { case: 'pipe', value: { path } } });
