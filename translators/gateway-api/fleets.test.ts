import type { InfraNode } from '../ir/infra-node.ts';
import { gateway, gatewayClass, listener } from '../testing/objects.ts';
import { createPipelines } from '../testing/pipelines.ts';

function fleetOf(key: string): InfraNode | undefined {
  const pipelines = createPipelines();
  pipelines.put(gatewayClass('gatehouse'));
  pipelines.put(gateway(key, [listener()]));
  pipelines.settle();
  return pipelines.main.infra.get(key);
}

test.each([
  ['default/eg', 'envoy-default-eg-e41e7b31'],
  // Exactly as long as the readable part may be, and one more.
  [`default/${'a'.repeat(40)}`, `envoy-default-${'a'.repeat(40)}-`],
  [`default/${'a'.repeat(41)}`, `envoy-default-${'a'.repeat(40)}-`],
  // A cut that ends in a dash loses it.
  [`default/${'a'.repeat(39)}-bcd`, `envoy-default-${'a'.repeat(39)}-`],
  ['default/with.dots', 'envoy-default-with-dots-'],
])('the proxies of %s are called %s...', (key, name) => {
  const infra = fleetOf(key);
  expect(infra?.name.startsWith(name)).toBe(true);
  expect(infra?.name).toMatch(/^envoy-[a-z0-9-]*[a-z0-9]-[0-9a-f]{8}$/);
  expect(infra?.name.length).toBeLessThanOrEqual(63);
});

test('names that look alike are told apart', () => {
  const names = ['a/b.c', 'a/b-c', `a/${'x'.repeat(60)}`, `a/${'x'.repeat(61)}`].map((key) => fleetOf(key)?.name);
  expect(new Set(names).size).toBe(4);
});

test('the value of a label is never too long', () => {
  const [one, two] = ['x'.repeat(70), 'x'.repeat(71)].map(
    (name) => fleetOf(`a/${name}`)?.selector['gateway.envoyproxy.io/owning-gateway-name'],
  );
  expect(one?.length).toBe(63);
  expect(two?.length).toBe(63);
  expect(one).not.toBe(two);
});
