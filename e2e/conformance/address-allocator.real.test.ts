import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';
import { allocateAddresses } from './address-allocator.ts';

jest.setTimeout(60_000);

let cluster: TestCluster;
const over = new AbortController();
let allocating: Promise<void>;

beforeAll(async () => {
  cluster = await startTestCluster();
  const addresses = { pool: ['192.0.2.10', '192.0.2.11'], reserved: ['192.0.2.20'] };
  allocating = allocateAddresses({ client: cluster.client, ...addresses, over: over.signal });
});
afterAll(async () => {
  over.abort();
  await allocating;
  await cluster.stop();
});

const service = (name: string, spec: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec },
});

async function addressesOf(name: string): Promise<string> {
  const { status } = (await cluster.find('Service', `default/${name}`)) as { status?: Status }; // of an API server
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip).join();
}

interface Status {
  readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] };
}

const has = (name: string, ...addresses: readonly string[]): Promise<true> =>
  until(`${name} has ${addresses.join(' or ')}`, async () => (addresses.includes(await addressesOf(name)) ? true : undefined));

test('each Service has an address of its own, for as long as it is there', async () => {
  await cluster.apply(service('a'));
  await has('a', '192.0.2.10');
  await cluster.apply(service('b'), service('c'));
  await has('b', '192.0.2.11');
  await cluster.remove('Service', 'default/a');
  await has('c', '192.0.2.10');
  await cluster.remove('Service', 'default/b');
  await cluster.remove('Service', 'default/c');
});

test('who asks for addresses gets those that there are, and no other', async () => {
  await cluster.apply(service('fixed', { externalIPs: ['198.51.100.1'] }), service('after'));
  await has('after', '192.0.2.10', '192.0.2.11');
  expect(await addressesOf('fixed')).toBe('');
  await cluster.apply(service('fixed', { externalIPs: ['198.51.100.1', '192.0.2.20'] }));
  await has('fixed', '192.0.2.20');
  await cluster.apply(service('late', { loadBalancerIP: '192.0.2.20' }), service('last'));
  await has('last', '192.0.2.10', '192.0.2.11');
  expect(await addressesOf('late')).toBe('');
  await cluster.remove('Service', 'default/fixed');
  await has('late', '192.0.2.20');
});
