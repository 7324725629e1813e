import type { BackendShare } from '../../ir/route-node.ts';
import type { Backend } from './backend-ref.ts';
import { type ResolvedShare, sessionBackends } from './session-split.ts';

const backend = (service: string, protocol: 'http1' | 'http2' = 'http1'): Backend => {
  const name = `service/shop/${service}/80`;
  const origin = { kind: 'Service', namespace: 'shop', name: service };
  return {
    namespace: 'shop',
    service,
    port: 80,
    transport: 'TCP',
    cluster: { kind: 'Cluster', name, loadAssignment: name, protocol, origin },
  };
};

const share = (service: string, weight: number, part: Partial<Backend['cluster']> = {}): ResolvedShare => {
  const own = backend(service);
  const found = { ...own, cluster: { ...own.cluster, ...part } };
  return { share: { kind: 'Cluster', cluster: found.cluster.name, weight, features: [] }, backend: found };
};

const invalid: ResolvedShare = { share: { kind: 'Invalid', weight: 2 } };

test('one backend is served as without sessions', () => {
  const only = share('a', 1);
  expect(sessionBackends([only, invalid])).toEqual({ shares: [only.share, invalid.share], uses: [only.backend] });
});

test('several are one cluster, named by what is in it; invalid ones keep their share', () => {
  const held = sessionBackends([share('a', 3), share('b', 0), invalid]);
  const [split] = held?.uses ?? [];
  expect(split?.parts).toEqual([
    { namespace: 'shop', service: 'a', port: 80, weight: 3 },
    { namespace: 'shop', service: 'b', port: 80, weight: 0 },
  ]);
  expect(held?.shares).toEqual<readonly BackendShare[]>([
    { kind: 'Cluster', cluster: split?.cluster.name ?? '', weight: 3, features: [] },
    { kind: 'Invalid', weight: 2 },
  ]);
  expect(split?.cluster.loadAssignment).toBe(split?.cluster.name);
  expect(sessionBackends([share('a', 3), share('b', 0)])?.uses).toEqual(held?.uses);
  expect(sessionBackends([share('a', 3), share('b', 1)])?.uses).not.toEqual(held?.uses);
});

test('backends that are spoken to in different ways, or have filters of their own, are not one', () => {
  expect(sessionBackends([share('a', 1), share('b', 1, { protocol: 'http2' })])).toBeUndefined();
  const filtered = share('b', 1);
  const features = [{ feature: 'HTTPRoute/requestHeaderModifier', ir: {} }];
  expect(sessionBackends([share('a', 1), { ...filtered, share: { kind: 'Cluster', cluster: 'b', weight: 1, features } }])).toBeUndefined();
});
