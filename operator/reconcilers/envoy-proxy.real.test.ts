import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { gateway, gatewayClass } from '../../e2e/harness/gateway-objects.ts';
import type { TestCluster } from '../../e2e/harness/test-cluster.ts';
import { until } from '../../e2e/harness/until.ts';
import { type LinkedCluster, startLinkedCluster } from '../testing/linked-cluster.ts';
import { watchedKind } from './watched-kinds.ts';

jest.setTimeout(120_000);

const KIND = watchedKind('EnvoyProxy');

let world: LinkedCluster;
let cluster: TestCluster;

beforeAll(async () => {
  world = await startLinkedCluster();
  cluster = world.cluster;
  await cluster.apply(gatewayClass('eg'), gatewayClass('other', 'example.com/other'));
  await world.start();
});
afterAll(() => world.stop());

const envoyProxy = (name: string, spec: object): KubernetesObject => ({
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyProxy',
  metadata: { name, namespace: 'default' },
  spec,
});

function using(proxy: string, name: string, className?: string): KubernetesObject {
  const plain = gateway(name, [{ port: 80 }], className);
  const infrastructure = { parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: proxy } };
  // Written by that function.
  return { ...plain, spec: { ...(plain.spec as object), infrastructure } };
}

interface Entry {
  readonly ancestorRef: { readonly name: string };
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime: string }[];
}

/** What is said, as `<ancestor> <condition>=<status>`. */
async function told(name: string): Promise<readonly string[]> {
  const live = await cluster.find('EnvoyProxy', `default/${name}`);
  // The API server has checked it against our CRD.
  const { ancestors = [] } = (live?.status ?? {}) as { readonly ancestors?: readonly Entry[] };
  return ancestors.map(({ ancestorRef, conditions }) =>
    [ancestorRef.name, ...conditions.map(({ type, status }) => `${type}=${status}`)].join(' '),
  );
}

const untilTold = (name: string, expected: readonly string[]): Promise<unknown> =>
  until(`EnvoyProxy ${name} says ${expected.join(', ') || 'nothing'}`, async () => {
    const found = await told(name);
    if (JSON.stringify(found) === JSON.stringify(expected)) return true;
    throw new Error(`it says ${found.join(', ')}`);
  });

const entryOf = (ref: object): object => ({
  ancestorRef: { group: 'gateway.networking.k8s.io', ...ref },
  conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message: 'x', lastTransitionTime: '2026-01-01T00:00:00Z' }],
});

test('what this release does not do is said on the object; entries of others stay, those of nobody go', async () => {
  await cluster.apply(envoyProxy('p', { mergeGateways: true }));
  const ancestors = [entryOf({ kind: 'GatewayClass', name: 'other' }), entryOf({ kind: 'Gateway', namespace: 'default', name: 'gone' })];
  await cluster.client.patch(KIND, 'default/p', { type: 'merge', body: { status: { ancestors } } }, { subresource: 'status' });
  await untilTold('p', ['other Accepted=True']);
  await cluster.apply(using('p', 'gw'));
  await untilTold('p', ['other Accepted=True', 'gw Accepted=True Warning=True']);
  await cluster.remove('Gateway', 'default/gw');
  await untilTold('p', ['other Accepted=True']);
});

test('one that is not valid takes the Gateway with it, and gives it back', async () => {
  await cluster.apply(envoyProxy('q', { logging: { level: { nothing: 'debug' } } }), using('q', 'broken'), using('q', 'foreign', 'other'));
  await untilTold('q', ['broken Accepted=False']);
  // Proxies that run already go on.
  expect(world.controlPlane.cache.snapshot('default/broken')?.map(({ type }) => type)).toContain('listener');
  await cluster.apply(envoyProxy('q', { concurrency: 2 }));
  await untilTold('q', ['broken Accepted=True']);
  const live = await cluster.find('EnvoyProxy', 'default/q');
  // It is not written over and over again.
  await world.controlPlane.settled();
  expect((await cluster.find('EnvoyProxy', 'default/q'))?.metadata.resourceVersion).toBe(live?.metadata.resourceVersion);
});
