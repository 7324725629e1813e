import type { RouteMatchNode, RouteNode } from '../ir/route-node.ts';
import { encodeRoute } from './encode-routes.ts';
import { formerVersion } from './former-version.ts';

const matching = (value: string): RouteMatchNode => ({ path: { type: 'PathPrefix', value }, headers: [], queryParams: [] });
const encoded = (rule: number, path: string, cluster: string) => {
  const node: RouteNode = {
    kind: 'Route',
    protocol: 'http',
    name: `httproute/ns/r/rule/${rule}/match/0/*`,
    match: matching(path),
    backends: [{ kind: 'Cluster', cluster, weight: 1, features: [] }],
    timeouts: {},
    features: [],
    listener: { scheme: 'http', port: 80 },
    origin: { kind: 'HTTPRoute', namespace: 'ns', name: 'r' },
  };
  return encodeRoute(node);
};

test('what stands in for a route took the same requests, whatever its name, and needs its own clusters', () => {
  const [one, all] = [encoded(0, '/one', 'old-1'), encoded(1, '/', 'old-2')];
  const formers = [one.fragment, all.fragment];
  const suspect = encoded(1, '/one', 'new');
  expect(formerVersion(suspect, formers)).toEqual({
    bytes: one.bytes,
    fragment: {
      key: suspect.fragment.key,
      hash: `safe:${suspect.fragment.hash}<${one.fragment.hash}`,
      requires: ['old-1'],
      bytes: one.bytes,
    },
  });
  expect(formerVersion(encoded(0, '/two', 'new'), formers)).toBeUndefined();
  expect(formerVersion(suspect, [])).toBeUndefined();
});

test('what stood in itself hands on what it said', () => {
  const old = encoded(0, '/one', 'old');
  const between = formerVersion(encoded(0, '/one', 'new'), [old.fragment]);
  if (between === undefined) throw new Error('nothing stands in');
  const newest = encoded(0, '/one', 'newest');
  expect(formerVersion(newest, [between.fragment])?.fragment.hash).toBe(`safe:${newest.fragment.hash}<${old.fragment.hash}`);
});
