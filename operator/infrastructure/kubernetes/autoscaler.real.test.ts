import { jest } from '@jest/globals';
import { type KubernetesServer, startKubernetesServer } from '../../../e2e/harness/kubernetes-server.ts';
import { AUTOSCALER, CONFIG_MAP, DEPLOYMENT } from './proxy-kinds.ts';
import { at, InfrastructureWorld } from './testing/infrastructure-world.ts';

jest.setTimeout(120_000);

/** The autoscaler's part is played by the tests (`scale`): no controller runs here. */
describe('proxies under an autoscaler', () => {
  let server: KubernetesServer;
  let world: InfrastructureWorld;
  let name: string;
  beforeAll(async () => {
    server = await startKubernetesServer();
    world = new InfrastructureWorld(server, 'scaled');
    await world.prepare();
    name = world.gateway('shop/web', { replicas: 4 });
    world.start();
    await world.until(DEPLOYMENT, name, (found) => at(found, 'spec.replicas') === 4);
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  const replicas = async (): Promise<unknown> => at(await world.find(DEPLOYMENT, name), 'spec.replicas');
  /** Every write that the change of a ConfigMap and all before it brought has been made. */
  const written = async (text: string, shape: object): Promise<void> => {
    world.gateway('shop/web', { ...shape, data: { file: text } });
    await world.until(CONFIG_MAP, name, (found) => at(found, 'data.file') === text);
  };

  test('keep their number when the autoscaler comes, although nobody says it any more', async () => {
    const numbers: unknown[] = [];
    const watching = new AbortController();
    const watched = watchNumbers(world, watching.signal, numbers);
    world.gateway('shop/web', { autoscaler: true });
    await world.until(AUTOSCALER, name);
    expect(await replicas()).toBe(4);
    watching.abort();
    await watched;
    expect(new Set(numbers)).toEqual(new Set([4]));
  });

  test('are as many as it says, whatever else changes, and whatever is rendered', async () => {
    await world.scale(name, 6);
    await written('a', { autoscaler: true });
    await world.runPods(name, 5);
    await world.observed('shop/web', ({ proxies, ready }) => proxies === 6 && ready === 5);
    await written('b', { autoscaler: true, replicas: 2, image: 'envoyproxy/envoy:other' });
    await world.until(DEPLOYMENT, name, (found) => at(found, 'spec.template.spec.containers.0.image') === 'envoyproxy/envoy:other');
    expect(await replicas()).toBe(6);
  });

  test('keep their number when the autoscaler goes and nobody else says one', async () => {
    await written('c', {});
    await world.untilGone(AUTOSCALER, name);
    expect(await replicas()).toBe(6);
  });

  test('are as many as the user says once he says it, and one when he no longer does', async () => {
    world.gateway('shop/web', { replicas: 3 });
    await world.until(DEPLOYMENT, name, (found) => at(found, 'spec.replicas') === 3);
    world.gateway('shop/web', {});
    await world.until(DEPLOYMENT, name, (found) => at(found, 'spec.replicas') === 1);
    await world.healed('shop/web');
  });
});

/** Every number that the Deployment had, also for a moment. */
async function watchNumbers(world: InfrastructureWorld, signal: AbortSignal, numbers: unknown[]): Promise<void> {
  const stream = await world.admin.watch(DEPLOYMENT, { namespace: world.namespace }, { signal });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of stream) {
      for (const [, number] of decoder.decode(chunk, { stream: true }).matchAll(/"replicas":(\d+)/g)) numbers.push(Number(number));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
