import type { KubernetesObject } from '../../crds/object-meta.ts';
import { ScriptedApiServer } from '../cluster/testing/scripted-api-server.ts';
import { until } from '../cluster/testing/until.ts';
import { ClusterLink } from '../cluster-link.ts';
import { ControlPlane } from '../control-plane.ts';
import { fleetSource } from '../infrastructure/kubernetes/cluster-site.ts';

const apiVersion = 'gateway.networking.k8s.io/v1';
const controllerName = 'example.com/controller';
const quiet = () => undefined;
const logger = { info: quiet, warn: quiet, error: quiet, debug: quiet };

const gateway: KubernetesObject = {
  apiVersion,
  kind: 'Gateway',
  metadata: { namespace: 'shop', name: 'web' },
  spec: {
    gatewayClassName: 'eg',
    listeners: [
      { name: 'https', port: 443, protocol: 'HTTPS', tls: { mode: 'Terminate', certificateRefs: [{ kind: 'Secret', name: 'cert' }] } },
    ],
  },
};

test('proxies of a Gateway whose certificate cannot be read at the start are not taken for those of one that is gone', async () => {
  const server = await ScriptedApiServer.start();
  server.put(`/apis/${apiVersion}/gatewayclasses`, {
    apiVersion,
    kind: 'GatewayClass',
    metadata: { name: 'eg' },
    spec: { controllerName },
  });
  server.put(`/apis/${apiVersion}/gateways`, gateway);
  let fails = true;
  server.intercept = ({ path }, response) => {
    if (!fails || !path.endsWith('/secrets/cert')) return false;
    response.writeHead(500, { 'content-type': 'application/json' }).end('{}');
    return true;
  };
  const client = server.client();
  const controlPlane = new ControlPlane({ controllerName, logger });
  const link = new ClusterLink({ client, controlPlane, controllerName, logger, patienceMs: 0 });
  const source = fleetSource({ controlPlane, link });
  try {
    await link.start(new AbortController().signal);
    expect([controlPlane.keepsProxies('shop/web'), source.keepsProxies('shop/web')]).toEqual([false, true]);
    fails = false;
    await until('the Gateway is in the graph', () => controlPlane.keepsProxies('shop/web'));
    await until('it is kept out no more', () => link.keptGateways.size === 0);
    expect([source.keepsProxies('shop/web'), source.keepsProxies('shop/gone')]).toEqual([true, false]);
  } finally {
    await link.stop();
    await controlPlane.close();
    await client.close();
    await server.stop();
  }
});
