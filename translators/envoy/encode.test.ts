import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { VirtualHostSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { type RouteConfiguration, RouteConfigurationSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_pb.ts';
import { DeltaDiscoveryResponseSchema } from '../../xds/proto/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES, type Resource } from '../../xds/resource.ts';
import type { RouteMatchNode, RouteNode } from '../ir/route-node.ts';
import { buildCluster } from './cluster.ts';
import { encodeCluster, encodeLoadAssignment, encodeSecret } from './encode.ts';
import { encodeListener } from './encode-listener.ts';
import {
  assembleRouteConfiguration,
  assembleVirtualHost,
  encodeRefusedRoute,
  encodeRoute,
  encodeSafeRoute,
  encodeSafeVirtualHost,
} from './encode-routes.ts';
import { join } from './framing.ts';
import { metadataOf } from './metadata.ts';
import { buildRoutes } from './route.ts';

const ORIGIN = { kind: 'HTTPRoute', namespace: 'default', name: 'shop' };
const GATEWAY = { kind: 'Gateway', namespace: 'default', name: 'gw', sectionName: 'http' };
const CLUSTER = {
  kind: 'Cluster',
  name: 'service/default/shop/80',
  loadAssignment: 'service/default/shop/80',
  protocol: 'http1',
  origin: { kind: 'Service', namespace: 'default', name: 'shop' },
} as const;

const routeOf = (name: string, path: string, cluster: string): RouteNode => ({
  kind: 'Route',
  protocol: 'http',
  name,
  match: { path: { type: 'PathPrefix', value: path }, headers: [], queryParams: [] },
  backends: [{ kind: 'Cluster', cluster, weight: 1, features: [] }],
  timeouts: {},
  features: [],
  listener: { scheme: 'http', port: 80 },
  origin: ORIGIN,
});

function onlyResource({ entry }: Resource) {
  const [resource] = fromBinary(DeltaDiscoveryResponseSchema, join(entry)).resources;
  if (resource?.resource === undefined) throw new Error('no resource in the entry');
  return { name: resource.name, version: resource.version, any: resource.resource };
}

describe('a resource', () => {
  test('is a framed entry that decodes to itself', () => {
    const encoded = encodeCluster(CLUSTER, 15_000);
    const { name, version, any } = onlyResource(encoded);
    expect([name, version, any.typeUrl]).toEqual([CLUSTER.name, encoded.version, RESOURCE_TYPES.cluster]);
    expect(equals(ClusterSchema, fromBinary(ClusterSchema, any.value), buildCluster(CLUSTER))).toBe(true);
  });

  test('has the version of its content', () => {
    const version = encodeCluster(CLUSTER, 15_000).version;
    expect(encodeCluster({ ...CLUSTER }, 60_000).version).toBe(version);
    expect(encodeCluster({ ...CLUSTER, protocol: 'http2' }, 15_000).version).not.toBe(version);
  });

  test('names what has to be there first', () => {
    expect(encodeCluster(CLUSTER, 1).requires).toEqual([{ type: 'loadAssignment', name: CLUSTER.loadAssignment }]);
    expect(encodeLoadAssignment({ kind: 'LoadAssignment', name: 'a', endpoints: [] }).requires).toEqual([]);
    expect(encodeSecret({ kind: 'Secret', name: 'a', certificateChain: 'c', privateKey: 'k' }).requires).toEqual([]);
    const chain = { kind: 'FilterChain', serverNames: [], routeConfiguration: 'r', origin: GATEWAY } as const;
    const listener = encodeListener(
      {
        kind: 'PortListener',
        name: 'l',
        protocol: 'HTTPS',
        port: 443,
        bindPort: 10443,
        bindAddress: '::',
        ipv6Only: false,
        exclusivePort: false,
        accessLog: true,
        chains: [
          { ...chain, name: 'b', serverNames: ['b'], tls: { secrets: ['z', 'a'] } },
          { ...chain, name: 'c', serverNames: ['c'], tls: { secrets: ['z'] } },
        ],
        origins: [GATEWAY],
      },
      [],
    );
    expect(listener.requires).toEqual([
      { type: 'secret', name: 'a' },
      { type: 'secret', name: 'z' },
    ]);
  });

  test('that breaks a rule of Envoy is not encoded', () => {
    expect(() => encodeCluster({ ...CLUSTER, name: '' }, 1)).toThrow(
      'envoy.config.cluster.v3.Cluster: name: must have at least 1 characters',
    );
  });
});

describe('a RouteConfiguration', () => {
  const host = (name: string) => ({ name: `gw/${name}`, domains: [name], origin: GATEWAY });

  test('put together of its members is what the encoder would have made of the whole', () => {
    const text = fc.stringMatching(/^[a-z0-9]{1,12}$/);
    const hosts = fc.uniqueArray(fc.record({ name: text, routes: fc.array(fc.tuple(text, text), { maxLength: 5 }) }), {
      selector: ({ name }) => name,
      maxLength: 5,
    });
    fc.assert(
      fc.property(hosts, (given) => {
        const nodes = given.map(({ name, routes }) => ({
          name,
          nodes: routes.map(([path, cluster], i) => routeOf(`${name}/${i}`, `/${path}`, cluster)),
        }));
        const members = nodes.map(({ name, nodes: own }) => assembleVirtualHost(host(name), own.map(encodeRoute)));
        const { any } = onlyResource(assembleRouteConfiguration('rc', members));
        const whole: RouteConfiguration = create(RouteConfigurationSchema, {
          name: 'rc',
          ignorePortInHostMatching: true,
          virtualHosts: nodes.map(({ name, nodes: own }) => ({
            ...create(VirtualHostSchema, { name: `gw/${name}`, domains: [name], metadata: metadataOf([GATEWAY]) }),
            routes: own.flatMap(buildRoutes),
          })),
        });
        expect(equals(RouteConfigurationSchema, fromBinary(RouteConfigurationSchema, any.value), whole)).toBe(true);
        expect(any.value.length).toBe(toBinary(RouteConfigurationSchema, whole).length);
      }),
      { numRuns: 50 },
    );
  });

  test('changes its version and that of the one host when a route changes', () => {
    const build = (cluster: string) => {
      const hosts = ['a', 'b'].map((name) =>
        assembleVirtualHost(host(name), [encodeRoute(routeOf(name, '/', name === 'a' ? cluster : 'fixed'))]),
      );
      return assembleRouteConfiguration('rc', hosts);
    };
    const [before, after, again] = [build('one'), build('two'), build('one')];
    expect(again).toEqual(before);
    expect(after.version).not.toBe(before.version);
    expect(after.fragments[0]?.hash).not.toBe(before.fragments[0]?.hash);
    expect(after.fragments[1]).toEqual(before.fragments[1]);
  });

  test('changes its version when its hosts change their order', () => {
    const hosts = ['a', 'b'].map((name) => assembleVirtualHost(host(name), []));
    expect(assembleRouteConfiguration('rc', hosts.toReversed()).version).not.toBe(assembleRouteConfiguration('rc', hosts).version);
  });

  test('names in its leaves the clusters that they use', () => {
    const resource = assembleRouteConfiguration('rc', [assembleVirtualHost(host('a'), [encodeRoute(routeOf('r', '/', 'c1'))])]);
    expect(resource.requires).toEqual([]);
    expect(resource.fragments).toMatchObject([{ key: 'gw/a', requires: [], fragments: [{ key: 'r', requires: ['c1'] }] }]);
  });

  test('without members is still one, answering 404', () => {
    const { any } = onlyResource(assembleRouteConfiguration('rc', []));
    expect(fromBinary(RouteConfigurationSchema, any.value)).toMatchObject({ name: 'rc', virtualHosts: [], ignorePortInHostMatching: true });
  });

  test('has safe answers for a route and for a host', () => {
    const node = routeOf('r', '/a', 'c1');
    const members = [assembleVirtualHost(host('a'), [encodeSafeRoute(node)]), encodeSafeVirtualHost(host('b'))];
    const { any } = onlyResource(assembleRouteConfiguration('rc', members));
    for (const { routes } of fromBinary(RouteConfigurationSchema, any.value).virtualHosts) {
      expect(routes).toMatchObject([{ action: { case: 'directResponse', value: { status: 500 } } }]);
    }
    expect(members.flatMap(({ fragment }) => fragment.fragments?.flatMap(({ requires }) => requires))).toEqual([]);
    expect(encodeSafeRoute(node).fragment).toMatchObject({ key: 'r' });
    expect(encodeSafeRoute(node).fragment.hash).not.toBe(encodeRoute(node).fragment.hash);
  });

  test('a refused route answers 500, and one with a pattern, which would be refused again, does so without it', () => {
    const node = routeOf('r', '/x', 'c');
    expect(encodeRefusedRoute(node).bytes).toEqual(encodeSafeRoute(node).bytes);
    const [plain, pattern] = (['Exact', 'RegularExpression'] as const).map((type) => ({ type, name: `x-${type}`, value: 'a+' }));
    if (plain === undefined || pattern === undefined) throw new Error('there are two');
    const standIn = (match: Partial<RouteMatchNode>) => {
      const { bytes, fragment } = encodeRefusedRoute({ ...node, match: { ...node.match, ...match } });
      expect(fragment).toMatchObject({ key: 'r', requires: [] });
      return fromBinary(VirtualHostSchema, bytes).routes;
    };
    const error = { action: { case: 'directResponse', value: { status: 500 } } };
    expect(standIn({ path: { type: 'RegularExpression', value: '/ab+' }, method: 'GET', headers: [plain] })).toMatchObject([
      { ...error, match: { pathSpecifier: { case: 'prefix', value: '/ab' }, headers: [{ name: ':method' }, { name: 'x-Exact' }] } },
    ]);
    expect(standIn({ headers: [pattern, plain], queryParams: [pattern] })).toMatchObject([
      {
        ...error,
        match: {
          pathSpecifier: { value: '/x' },
          headers: [{ name: 'x-Exact' }, { name: pattern.name, headerMatchSpecifier: { case: 'presentMatch', value: true } }],
          queryParameters: [{ name: pattern.name, queryParameterMatchSpecifier: { case: 'presentMatch', value: true } }],
        },
      },
    ]);
  });
});
