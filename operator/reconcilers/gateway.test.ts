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

/** An API server that fails when it is asked for the certificate, and an operator for it that waits so long when it starts. */
async function withoutCertificate(patienceMs: number) {
  const server = await ScriptedApiServer.start();
  server.put(`/apis/${apiVersion}/gatewayclasses`, {
    apiVersion,
    kind: 'GatewayClass',
    metadata: { name: 'eg' },
    spec: { controllerName },
  });
  server.put(`/apis/${apiVersion}/gateways`, gateway);
  let fails = true;
  let failures = 0;
  server.intercept = ({ path }, response) => {
    if (!fails || !path.endsWith('/secrets/cert')) return false;
    failures += 1;
    response.writeHead(500, { 'content-type': 'application/json' }).end('{}');
    return true;
  };
  const client = server.client();
  const controlPlane = new ControlPlane({ controllerName, logger });
  const link = new ClusterLink({ client, controlPlane, controllerName, logger, patienceMs });
  return {
    controlPlane,
    link,
    failures: () => failures,
    mend: () => {
      fails = false;
    },
    stop: async () => {
      await link.stop();
      await controlPlane.close();
      await client.close();
      await server.stop();
    },
  };
}

test('a start waits until the certificate of a Gateway can be read: a proxy that serves it is not told that it is gone', async () => {
  const { controlPlane, link, failures, mend, stop } = await withoutCertificate(60_000);
  try {
    let started = false;
    const start = link.start(new AbortController().signal).then(() => {
      started = true;
    });
    await until('it was tried more than once', () => failures() > 1);
    expect(started).toBe(false);
    mend();
    await start;
    expect(controlPlane.keepsProxies('shop/web')).toBe(true);
  } finally {
    await stop();
  }
});

test('proxies of a Gateway whose certificate cannot be read for long are not taken for those of one that is gone', async () => {
  const { controlPlane, link, mend, stop } = await withoutCertificate(0);
  const source = fleetSource({ controlPlane, link });
  try {
    await link.start(new AbortController().signal);
    expect([controlPlane.keepsProxies('shop/web'), source.keepsProxies('shop/web')]).toEqual([false, true]);
    mend();
    await until('the Gateway is in the graph', () => controlPlane.keepsProxies('shop/web'));
    await until('it is kept out no more', () => link.keptGateways.size === 0);
    expect([source.keepsProxies('shop/web'), source.keepsProxies('shop/gone')]).toEqual([true, false]);
  } finally {
    await stop();
  }
});
