import type { EndpointNode, EndpointShare } from '../ir/cluster-node.ts';
import { buildLoadAssignment } from './load-assignment.ts';

const endpoint = (address: string, part: Partial<EndpointNode> = {}): EndpointNode => ({ address, port: 80, draining: false, ...part });
const share = (name: string, weight: number, ...endpoints: readonly EndpointNode[]): EndpointShare => ({ name, weight, endpoints });

const localitiesOf = (...shares: readonly EndpointShare[]): readonly unknown[] =>
  buildLoadAssignment({ kind: 'LoadAssignment', name: 'split/x', endpoints: [], shares }).endpoints.map((each) => [
    each.locality?.subZone,
    each.locality?.zone,
    each.priority,
    each.loadBalancingWeight,
    each.lbEndpoints.length,
  ]);

test('a backend has its weight, however many endpoints it has, and its zones share it', () => {
  const zoned = (address: string, zone: string): EndpointNode => endpoint(address, { zone });
  expect(
    localitiesOf(share('a', 3, zoned('1.1.1.1', 'x'), zoned('1.1.1.2', 'x'), zoned('1.1.1.3', 'y')), share('b', 1, endpoint('2.2.2.2'))),
  ).toEqual([
    ['a', 'x', 0, 20_000, 2],
    ['a', 'y', 0, 10_000, 1],
    ['b', '', 0, 10_000, 1],
  ]);
});

test('without weight a backend is there for its sessions only', () => {
  expect(localitiesOf(share('a', 1, endpoint('1.1.1.1')), share('b', 0, endpoint('2.2.2.2')))).toEqual([
    ['a', '', 0, 10_000, 1],
    ['b', '', 0, undefined, 1],
  ]);
});

test('the greatest weights that there are fit into what Envoy takes', () => {
  const shares = Array.from({ length: 16 }, (_, i) => share(`s-${i}`, 1_000_000, endpoint(`1.1.1.${i}`)));
  const weights = localitiesOf(...shares).map((each) => Number((each as readonly unknown[])[3]));
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeLessThan(2 ** 32);
  expect(new Set(weights).size).toBe(1);
});

test('an endpoint of two backends belongs to the first; a draining one waits in the next priority', () => {
  const draining = endpoint('1.1.1.2', { draining: true });
  expect(localitiesOf(share('a', 1, endpoint('1.1.1.1'), draining), share('b', 1, endpoint('1.1.1.1'), endpoint('2.2.2.2')))).toEqual([
    ['a', '', 0, 10_000, 1],
    ['a', '', 1, 10_000, 1],
    ['b', '', 0, 10_000, 1],
  ]);
});
