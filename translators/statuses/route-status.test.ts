import { fromBinary } from '@bufbuild/protobuf';
import type { HTTPRoute, HTTPRouteRule } from '../../crds/gateway-api/http-route.ts';
import { VirtualHostSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { gateway, gatewayClass, httpRoute, listener, rule, service } from '../testing/objects.ts';
import { createPipelines, type Pipelines } from '../testing/pipelines.ts';

/** What admission lets nobody through with: the translation of it throws, as a bug would. */
const UNTRANSLATABLE = { ...rule({ path: '/broken' }), backendRefs: [null] } as unknown as HTTPRouteRule;
const good = (path: string): HTTPRouteRule => rule({ path, backends: [['shop/api', 8080]] });

function worldWith(...routes: readonly HTTPRoute[]): Pipelines {
  const pipelines = createPipelines();
  for (const object of [gatewayClass('gatehouse'), gateway('infra/gw', [listener()]), service('shop/api'), ...routes])
    pipelines.put(object);
  pipelines.settle();
  return pipelines;
}

const conditionsOf = ({ main }: Pipelines, route: string): readonly string[] =>
  (main.statuses.routes.get(`HTTPRoute/${route}`)?.parents ?? []).flatMap(({ conditions }) =>
    conditions.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`),
  );

const hashOf = ({ main }: Pipelines, route: string): string | undefined =>
  [...main.entries.entries()].find(([key]) => key.startsWith(`HTTPRoute/${route}|`))?.[1].encoded.fragment.hash;

test('a bug met for the first time: the route answers 500 and says so, and its neighbour does not notice', () => {
  const alone = worldWith(httpRoute('shop/neighbour', { rules: [good('/a')] }));
  const pipelines = worldWith(
    httpRoute('shop/neighbour', { rules: [good('/a')] }),
    httpRoute('shop/r', { rules: [good('/b'), UNTRANSLATABLE] }),
  );
  expect(conditionsOf(pipelines, 'shop/r')).toContainEqual(
    expect.stringMatching(
      /^Programmed False InternalError: Gatehouse failed to translate the route, so its requests get a 500; please report: /,
    ),
  );
  expect(pipelines.main.rules.get('HTTPRoute/shop/r|0')?.backends).toEqual([]);
  expect(hashOf(pipelines, 'shop/neighbour')).toBe(hashOf(alone, 'shop/neighbour'));
  expect(conditionsOf(pipelines, 'shop/neighbour')).toEqual(conditionsOf(alone, 'shop/neighbour'));
});

test('a bug met by an edit: what was good goes on until the route can be translated again', () => {
  const pipelines = worldWith(httpRoute('shop/r', { rules: [good('/b')] }));
  const before = { hash: hashOf(pipelines, 'shop/r'), conditions: conditionsOf(pipelines, 'shop/r') };
  pipelines.put(httpRoute('shop/r', { rules: [UNTRANSLATABLE] }));
  pipelines.settle();
  expect(hashOf(pipelines, 'shop/r')).toBe(before.hash);
  expect(conditionsOf(pipelines, 'shop/r')).toContainEqual(expect.stringContaining('so its last good configuration goes on'));
  pipelines.put(httpRoute('shop/r', { rules: [good('/b')] }));
  pipelines.settle();
  expect(conditionsOf(pipelines, 'shop/r')).toEqual(before.conditions);
});

test('a route that proxies refuse says what Envoy said, until its content changes', () => {
  const pipelines = worldWith(httpRoute('shop/r', { rules: [good('/b')] }));
  const hash = hashOf(pipelines, 'shop/r') ?? '';
  pipelines.main.inputs.quarantine.put(hash, { envoyVersion: '1.40.0', message: 'no such thing' });
  pipelines.settle();
  expect(conditionsOf(pipelines, 'shop/r')).toContainEqual(expect.stringMatching(/^Programmed False Invalid: .*no such thing/));
  pipelines.put(httpRoute('shop/r', { rules: [good('/c')] }));
  pipelines.settle();
  expect(conditionsOf(pipelines, 'shop/r').filter((line) => line.startsWith('Programmed'))).toEqual([]);
});

test('a new route that may be refused answers an error to just its requests, and says nothing of it until it is', () => {
  const pattern: HTTPRouteRule = { ...good('/b'), matches: [{ path: { type: 'RegularExpression', value: '/b/.*' } }] };
  const pipelines = worldWith(httpRoute('shop/r', { rules: [pattern] }));
  const hash = hashOf(pipelines, 'shop/r') ?? '';
  const standIn = (): string => {
    pipelines.settle();
    const [, entry] = [...pipelines.main.entries.entries()].find(([key]) => key.startsWith('HTTPRoute/shop/r')) ?? [];
    const [route] = fromBinary(VirtualHostSchema, entry?.encoded.bytes ?? new Uint8Array()).routes;
    expect(route?.action).toMatchObject({ case: 'directResponse', value: { status: 500 } });
    return `${entry?.encoded.fragment.hash.replace(hash, 'hash')} ${JSON.stringify(route?.match?.pathSpecifier.case)}`;
  };
  const suspect = { envoyVersion: '1.40.0', message: 'no such thing' };
  pipelines.main.inputs.quarantine.put(hash, { ...suspect, exact: true });
  expect(standIn()).toBe('safe:hash= "safeRegex"');
  expect(conditionsOf(pipelines, 'shop/r').filter((line) => line.startsWith('Programmed'))).toEqual([]);
  pipelines.main.inputs.quarantine.put(hash, suspect);
  expect(standIn()).toBe('safe:hash "prefix"');
  expect(conditionsOf(pipelines, 'shop/r')).toContainEqual(expect.stringMatching(/^Programmed False Invalid: .*path begins with \/b\/ /));
});

test('a route that no Gateway of ours is named by has no status', () => {
  expect(worldWith(httpRoute('shop/r', { parents: ['infra/other'] })).main.statuses.routes.size).toBe(0);
});
