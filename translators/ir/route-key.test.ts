import { routeKey, splitRouteKey } from './route-key.ts';

test('a key says kind, namespace and name', () => {
  expect(splitRouteKey(routeKey('HTTPRoute', 'shop/web.v1'))).toEqual({
    kind: 'HTTPRoute',
    object: 'shop/web.v1',
    namespace: 'shop',
    name: 'web.v1',
  });
});
