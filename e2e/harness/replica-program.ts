import { once } from 'node:events';
import { credentials, ServerCredentials } from '@grpc/grpc-js';
import { loadKubeClient } from '../../operator/cluster/kube-client.ts';
import { ClusterLink } from '../../operator/cluster-link.ts';
import { ControlPlane } from '../../operator/control-plane.ts';
import { startHealthEndpoint } from '../../operator/endpoints/health-endpoint.ts';
import { createLogging } from '../../operator/logging.ts';
import { DeliveriesService } from '../../operator/replicas/deliveries-service.ts';
import { Replica } from '../../operator/replicas/replica.ts';
import type { ReplicaPlan } from './replica-process.ts';

/**
 * One replica of the operator, put together as the real one is but for the infrastructure: it says of every fleet that the proxies which the plan counts are up.
 * Proxies of the test connect to it on loopback, without certificates.
 */

// What the test gave; see `startReplica`.
const plan = JSON.parse(process.argv[2] ?? '{}') as ReplicaPlan;
const logging = createLogging({ encoder: 'Text', levels: { default: 'info' } });
const stopped = once(process, 'SIGTERM');

await using stack = new AsyncDisposableStack();
const service = new DeliveriesService(() => ({ ok: true }));
const controlPlane = new ControlPlane({
  controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
  services: [service.service],
  logger: logging.component('xds-server'),
});
stack.defer(() => controlPlane.close());
controlPlane.onFleet((changes) => {
  for (const { fleet, infra } of changes)
    controlPlane.observe(fleet, infra && { proxies: plan.proxies, ready: plan.proxies, addresses: ['10.0.0.1'] });
});
let port: number | undefined;
const client = loadKubeClient({ kubeconfig: plan.kubeconfig });
stack.defer(() => client.close());
const replica = new Replica({
  client,
  namespace: 'default',
  identity: plan.identity,
  address: () => `127.0.0.1:${port}`,
  times: plan.times,
  deliveries: controlPlane.deliveries,
  service,
  channel: () => ({ credentials: credentials.createInsecure() }),
  logger: logging.component('default'),
});
stack.defer(() => replica.stop());
const link = new ClusterLink({
  client,
  controlPlane,
  controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
  logger: logging.component('provider'),
  leadership: replica.leadership,
  informed: () => replica.informed(),
});
stack.defer(() => link.stop());
const health = await startHealthEndpoint({ host: '127.0.0.1', port: 0 });
stack.defer(() => health.close());
port = (await controlPlane.listen({ host: '127.0.0.1', port: 0, credentials: ServerCredentials.createInsecure() })).port;
process.stdout.write(`xDS on ${port}, health on ${health.port}\n`);
await link.start(new AbortController().signal);
health.setReadiness(undefined);
replica.start();
process.stdout.write('Ready\n');
await stopped;
health.setReadiness('stopping');
