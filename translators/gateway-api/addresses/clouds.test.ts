import fc from 'fast-check';
import type { CloudScheme } from '../../ir/infra-node.ts';
import { cloudOf } from './clouds.ts';

const SCHEMES: readonly CloudScheme[] = ['gce', 'aws', 'azure'];

test.each<[CloudScheme, string, boolean]>([
  ['gce', 'shop-ip', true],
  ['gce', 's', true],
  ['gce', 'a'.repeat(63), true],
  ['gce', 'a'.repeat(64), false],
  ['gce', '1shop', false],
  ['gce', 'shop-', false],
  ['gce', 'Shop', false],
  ['gce', 'shop.ip', false],
  ['gce', 'shop,other', false],
  ['gce', 'shop other', false],
  ['gce', 'shop\nother', false],
  ['gce', 'shop\n', false],
  ['gce', '192.0.2.7', false],
  ['gce', 'projects/p/regions/r/addresses/shop', false],
  ['aws', 'eipalloc-0123456789abcdef0', true],
  ['aws', 'eipalloc-01234567', true],
  ['aws', 'eipalloc-0123456789ABCDEF0', false],
  ['aws', 'eipalloc-012345678', false],
  ['aws', 'eipalloc-01234567,eipalloc-89abcdef', false],
  ['aws', ' eipalloc-01234567', false],
  ['aws', 'shop-ip', false],
  ['azure', 'Shop_IP.1-a', true],
  ['azure', '1', true],
  ['azure', 'shop_', true],
  ['azure', 'a'.repeat(80), true],
  ['azure', 'a'.repeat(81), false],
  ['azure', 'shop.', false],
  ['azure', '_shop', false],
  ['azure', 'shop,other', false],
  ['azure', 'shop\n', false],
  ['azure', '/subscriptions/1/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/shop', false],
])('%s: is %j a name of an address? %s', (scheme, name, expected) => {
  expect(cloudOf(scheme).name.test(name)).toBe(expected);
});

/** Text that looks like names and like ways to make two of one. */
const suspicious = fc.string({
  unit: fc.constantFrom('a', 'z', '0', '9', '-', '_', '.', ',', ' ', ';', '\n', '\t', '"', '/', 'A', 'é'),
  maxLength: 30,
});

test('whatever the names, as many addresses are asked for as there are entries', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SCHEMES), fc.array(suspicious, { minLength: 1, maxLength: 2 }), (scheme, texts) => {
      const cloud = cloudOf(scheme);
      const names = texts.filter((text) => cloud.name.test(text));
      const asked = Object.values(cloud.annotate(names)).flatMap((value) => value.split(/[,\s;]/));
      if (names.length > 0) expect(asked).toEqual(names);
    }),
  );
});
