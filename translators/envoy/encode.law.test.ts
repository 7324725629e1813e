import { fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { RouteSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { encodeMessage } from './encode.ts';
import { buildRoutes } from './route.ts';

const ROUTE = {
  kind: 'Route',
  protocol: 'http',
  timeouts: {},
  features: [],
  listener: { scheme: 'http', port: 80 },
  origin: { kind: 'HTTPRoute', namespace: 'default', name: 'shop' },
} as const;

test('whatever a route is made of, it is refused or survives the wire', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string());
  const value = fc.record({ type: fc.constantFrom('Exact', 'RegularExpression'), name: text, value: text });
  const node = fc.record({
    name: text,
    path: fc.record({ type: fc.constantFrom('Exact', 'PathPrefix', 'RegularExpression'), value: text }),
    headers: fc.array(value, { maxLength: 3 }),
    queryParams: fc.array(value, { maxLength: 3 }),
    cluster: text,
    weights: fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 4 }),
  });
  let passed = 0;
  fc.assert(
    fc.property(node, ({ name, path, headers, queryParams, cluster, weights }) => {
      const backends = weights.map((weight) => ({ kind: 'Cluster', cluster, weight, features: [] }) as const);
      const [route] = buildRoutes({ ...ROUTE, name, match: { path, headers, queryParams }, backends });
      if (route === undefined) throw new Error('no route');
      let bytes: Uint8Array;
      try {
        bytes = encodeMessage(RouteSchema, route);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        return;
      }
      passed += 1;
      expect(toBinary(RouteSchema, fromBinary(RouteSchema, bytes))).toEqual(bytes);
    }),
    { numRuns: 300 },
  );
  expect(passed).toBeGreaterThan(0);
});
