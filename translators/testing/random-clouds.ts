/** Nodes of clouds, and Gateways that ask these for addresses by names (random-world.ts). */
import fc from 'fast-check';
import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import { node } from './cloud-objects.ts';

export const nodes = fc
  .tuple(fc.constantFrom('n1', 'n2'), fc.constantFrom('', 'gce://p/z/n', 'gce://p/z/n', 'aws:///z/i-1', 'kind://docker/kind/n'))
  .map(([name, id]) => node(name, id));

type Addresses = NonNullable<Gateway['spec']['addresses']>;

const named = (...values: readonly string[]): Addresses => values.map((value) => ({ type: 'NamedAddress' as const, value }));

/** Mostly for GKE, whose own annotation they have. */
const addresses = fc.constantFrom<Addresses>(named('shop-ip'), named('shop-ip', 'shop-ipv6'), named('Shop'), named('eipalloc-01234567'), [
  { type: 'IPAddress', value: '192.0.2.7' },
]);

export const askingByName = (gateways: fc.Arbitrary<Gateway>): fc.Arbitrary<Gateway> =>
  fc.tuple(gateways, fc.option(addresses, { nil: undefined, freq: 3 })).map(([gateway, wanted]) => {
    if (wanted === undefined) return gateway;
    const infrastructure = { ...gateway.spec.infrastructure, annotations: { 'cloud.google.com/l4-rbs': 'enabled' } };
    return { ...gateway, spec: { ...gateway.spec, addresses: wanted, infrastructure } };
  });
