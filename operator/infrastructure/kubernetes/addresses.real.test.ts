import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { type KubernetesServer, startKubernetesServer } from '../../../e2e/harness/kubernetes-server.ts';
import { NODE, POD, PROXY_KINDS, SERVICE } from './proxy-kinds.ts';
import { at, InfrastructureWorld, infraOf } from './testing/infrastructure-world.ts';

jest.setTimeout(120_000);

/** Nodes, pods and load balancers are played by the tests: only an API server runs here. */
describe('addresses of proxies', () => {
  let server: KubernetesServer;
  let world: InfrastructureWorld;
  const name = infraOf('shop/web').name;
  beforeAll(async () => {
    server = await startKubernetesServer();
    world = new InfrastructureWorld(server, 'addressed');
    await world.prepare();
    world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  const addressesAre = (...wanted: readonly unknown[]): Promise<unknown> =>
    world.observed('shop/web', ({ addresses }) => JSON.stringify(addresses) === JSON.stringify(wanted));

  async function node(nodeName: string, addresses: readonly (readonly [string, string])[]): Promise<void> {
    await world.admin.create(NODE, { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } });
    const status = { addresses: addresses.map(([type, address]) => ({ type, address })) };
    await world.admin.patch(NODE, nodeName, { type: 'merge', body: { status } }, { subresource: 'status' });
  }

  async function pod(podName: string, fleet: string, nodeName: string): Promise<void> {
    const spec = { nodeName, containers: [{ name: 'envoy', image: 'envoy' }] };
    const object: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: world.namespace, name: podName, labels: infraOf(fleet).labels },
      spec,
    };
    await world.admin.create(POD, object);
  }
  const ready = (podName: string, status: 'True' | 'False'): Promise<unknown> =>
    world.merge(POD, podName, { status: { conditions: [{ type: 'Ready', status }] } }, 'status');

  test('are those of the load balancer, addresses and names', async () => {
    await addressesAre();
    await world.balance(name, [{ ip: '192.0.2.1', hostname: 'lb.example.com' }, { ip: '2001:db8::1' }]);
    await addressesAre('192.0.2.1', 'lb.example.com', '2001:db8::1');
  });

  test('are the external ones of the Service where no load balancer gave any', async () => {
    world.gateway('shop/web', { service: { externalIPs: ['192.0.2.9'] } });
    await addressesAre('192.0.2.1', 'lb.example.com', '2001:db8::1');
    await world.balance(name, []);
    await addressesAre('192.0.2.9');
  });

  test('are its own inside of the cluster', async () => {
    world.gateway('shop/web', { service: { type: 'ClusterIP', externalTrafficPolicy: undefined } });
    const found = await world.until(SERVICE, name, (service) => at(service, 'spec.type') === 'ClusterIP');
    await addressesAre(at(found, 'spec.clusterIP'));
  });

  test('are those of all nodes where it takes their ports, external ones before internal ones', async () => {
    await node('n1', [
      ['InternalIP', '10.1.0.1'],
      ['ExternalIP', '192.0.2.11'],
      ['Hostname', 'n1'],
    ]);
    await node('n2', [['InternalIP', '10.1.0.2']]);
    world.gateway('shop/web', { service: { type: 'NodePort', externalTrafficPolicy: 'Cluster' } });
    await addressesAre('10.1.0.2', '192.0.2.11');
    await node('n3', [['InternalIP', '10.1.0.3']]);
    await addressesAre('10.1.0.2', '10.1.0.3', '192.0.2.11');
    await world.admin.delete(NODE, 'n3');
    await addressesAre('10.1.0.2', '192.0.2.11');
  });

  test('are those of nodes with a ready proxy of this Gateway where traffic stays on its node', async () => {
    await pod('web-1', 'shop/web', 'n2');
    await pod('other-1', 'shop/other', 'n1');
    await ready('other-1', 'True');
    world.gateway('shop/web', { service: { type: 'NodePort', externalTrafficPolicy: 'Local' } });
    await addressesAre();
    await ready('web-1', 'True');
    await addressesAre('10.1.0.2');
    await ready('web-1', 'False');
    await addressesAre();
  });

  test('need no nodes any more once the Service has another type', async () => {
    world.gateway('shop/web');
    await world.until(SERVICE, name, (service) => at(service, 'spec.type') === 'LoadBalancer');
    await world.balance(name, [{ ip: '192.0.2.1' }]);
    await addressesAre('192.0.2.1');
  });

  test('are unknown to an operator that may not read nodes, which is said', async () => {
    await world.stop();
    const verbs = ['get', 'list', 'watch', 'create', 'patch', 'delete'];
    await world.allow([{ kinds: [...PROXY_KINDS, POD], verbs }]);
    world.gateway('shop/web', { service: { type: 'NodePort', externalTrafficPolicy: 'Cluster' } });
    world.start({ as: server.restrictedKubeconfigPath });
    await world.problem('shop/web', /^nodes may not be listed and watched\. Grant the verbs get, list and watch on nodes/);
  });
});
