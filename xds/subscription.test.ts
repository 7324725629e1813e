import type { ResourceType } from './resource.ts';
import { type DeltaRequest, Subscription } from './subscription.ts';

const request = (type: ResourceType, parts: Partial<DeltaRequest> = {}): DeltaRequest => ({
  type,
  subscribe: [],
  unsubscribe: [],
  initialVersions: {},
  nonce: '',
  error: undefined,
  ...parts,
});

test.each<[ResourceType, boolean]>([
  ['cluster', true],
  ['listener', true],
  ['loadAssignment', false],
  ['routeConfiguration', false],
  ['secret', false],
])('a first request for %s without names is a wildcard: %s', (type, wildcard) => {
  const subscription = new Subscription();
  expect(subscription.apply(request(type))).toMatchObject({ first: true, asked: [], wildcardChanged: wildcard });
  expect(subscription.has('anything')).toBe(wildcard);
});

test('a later request without names changes nothing', () => {
  const subscription = new Subscription();
  subscription.apply(request('cluster', { subscribe: ['a'] }));
  expect(subscription.apply(request('cluster'))).toMatchObject({ first: false, wildcardChanged: false });
  expect(subscription.has('b')).toBe(false);
});

test('what the proxy holds counts in the first request, of names that it subscribes to', () => {
  const subscription = new Subscription();
  const change = subscription.apply(request('secret', { subscribe: ['a', 'b'], initialVersions: { a: '1', c: '1' } }));
  expect([change.asked, [...change.held]]).toEqual([['b'], [['a', '1']]]);
  expect(subscription.apply(request('secret', { subscribe: ['d'], initialVersions: { d: '1' } }))).toMatchObject({
    asked: ['d'],
    held: new Map(),
  });
});

test('a name in both lists stays subscribed', () => {
  const subscription = new Subscription();
  subscription.apply(request('secret', { subscribe: ['a'] }));
  expect(subscription.apply(request('secret', { subscribe: ['a'], unsubscribe: ['a'] }))).toMatchObject({ asked: ['a'], dropped: [] });
});

test('the end of the wildcard leaves the names', () => {
  const subscription = new Subscription();
  subscription.apply(request('cluster'));
  subscription.apply(request('cluster', { subscribe: ['a'] }));
  expect(subscription.apply(request('cluster', { unsubscribe: ['*'] }))).toMatchObject({ wildcardChanged: true, dropped: [], asked: [] });
  expect([subscription.has('a'), subscription.has('b')]).toEqual([true, false]);
});

test('unsubscribing from what was never subscribed to does nothing', () => {
  const subscription = new Subscription();
  subscription.apply(request('cluster'));
  expect(subscription.apply(request('cluster', { unsubscribe: ['a'] }))).toMatchObject({ asked: [], dropped: [] });
});
