import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { SECURE } from '../../testing/certificates.ts';
import { gateway, gatewayClass, type Listener, listener, tlsSecret } from '../../testing/objects.ts';
import { createPipelines } from '../../testing/pipelines.ts';

const secure = (name: string, hostname: string, secrets = ['infra/cert']): Listener => listener({ name, hostname, secrets });

function worldWith(...listeners: readonly Listener[]) {
  const pipelines = createPipelines();
  const objects: readonly KubernetesObject[] = [
    gatewayClass('gatehouse'),
    tlsSecret('infra/cert', SECURE.certificate, SECURE.key),
    gateway('infra/gw', listeners),
  ];
  for (const object of objects) pipelines.put(object);
  pipelines.settle();
  return pipelines;
}

test('a port is called after the first listener on it in list order, HTTPS like HTTP', () => {
  const { main } = worldWith(
    secure('b', 'b.example.com'),
    secure('a', 'a.example.com'),
    listener({ name: 'd' }),
    listener({ name: 'c', hostname: 'h' }),
  );
  expect([...main.portNodes.entries()].map(([key, { name }]) => [key, name])).toEqual([
    ['infra/gw|TCP/443', 'infra/gw/b'],
    ['infra/gw|TCP/80', 'infra/gw/d'],
  ]);
  expect(main.portNodes.get('infra/gw|TCP/443')?.chains.map(({ name, routeConfiguration }) => [name, routeConfiguration])).toEqual([
    ['infra/gw/b', 'infra/gw/b'],
    ['infra/gw/a', 'infra/gw/a'],
  ]);
  expect(main.portNodes.get('infra/gw|TCP/80')?.chains.map(({ routeConfiguration }) => routeConfiguration)).toEqual(['infra/gw/d']);
});

test('a listener that takes no traffic names nothing', () => {
  const { main } = worldWith(secure('a', 'a.example.com', ['infra/gone']), secure('b', 'b.example.com'));
  expect([...main.portNodes.entries()].map(([, { name, chains }]) => [name, chains.length])).toEqual([['infra/gw/b', 1]]);
});

test('routes, policies and neighbours on other ports leave the bytes of a listener alone', () => {
  const pipelines = worldWith(listener());
  const before = pipelines.main.resources.listeners.get('infra/gw|TCP/80')?.resource;
  pipelines.put(gateway('infra/gw', [secure('first', 'a.example.com'), listener()]));
  pipelines.settle();
  expect(pipelines.main.resources.listeners.get('infra/gw|TCP/80')?.resource).toBe(before);
});
