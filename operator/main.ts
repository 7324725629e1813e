import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { loadKubeClient } from './cluster/kube-client.ts';
import { ClusterLink } from './cluster-link.ts';
import { loadConfiguration } from './configuration.ts';
import { ControlPlane } from './control-plane.ts';
import { startAdminEndpoint } from './endpoints/admin-endpoint.ts';
import { portError } from './endpoints/bound-server.ts';
import { registerControlPlaneMetrics, registerStatusMetrics } from './endpoints/control-plane-metrics.ts';
import { type HealthEndpoint, startHealthEndpoint } from './endpoints/health-endpoint.ts';
import { startMetricsEndpoint } from './endpoints/metrics-endpoint.ts';
import { createLogging, type Logging, type LoggingOptions } from './logging.ts';
import { DeliveriesService } from './replicas/deliveries-service.ts';
import { authorizeReplica } from './replicas/replica-identity.ts';
import { replicaOfPod } from './replicas/replica-of-pod.ts';
import { type HostFleet, type HostFleetOptions, startHostFleet } from './standalone/host-fleet.ts';
import { anyAddress, hostPorts } from './standalone/listener-ports.ts';

export interface OperatorOptions {
  readonly kubeconfig?: string;
  /** Path of the EnvoyGateway configuration; undefined: the built-in one. */
  readonly config?: string;
  readonly xdsPort: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly adminPort?: number;
  readonly logLevel?: LoggingOptions['levels'];
  readonly logFormat?: 'text' | 'json';
  readonly color?: boolean;
  readonly version: string;
  /** Aborted: end in order. */
  readonly stop: AbortSignal;
  /** Aborted: end at once. */
  readonly force: AbortSignal;
}

/** What a running operator is made of, in the order of its making. */
interface Operator {
  readonly options: OperatorOptions;
  readonly configuration: EnvoyGateway;
  readonly logging: Logging;
  readonly stack: AsyncDisposableStack;
}

const LOCAL = '127.0.0.1';
const EVERYWHERE = '0.0.0.0';

/**
 * Serves the Gateways of a cluster until `stop`. Rejects with an Error in words for people when it cannot start. When it resolves or
 * rejects, nothing of it is left.
 */
export async function runOperator(options: OperatorOptions): Promise<void> {
  const configuration = await loadConfiguration(options.config);
  await using stack = new AsyncDisposableStack();
  try {
    await operate({ options, configuration, logging: loggingOf(options, configuration), stack });
  } catch (error) {
    if (!options.stop.aborted) throw error;
  }
}

async function operate(operator: Operator): Promise<void> {
  const { options, configuration, logging, stack } = operator;
  const { controllerName } = configuration.gateway;
  const logger = logging.component('default');
  if (configuration.admin.enableDumpConfig) logger.info('Configuration', { configuration });
  const bindAddress = await anyAddress();
  const service = new DeliveriesService(authorizeReplica);
  const controlPlane = new ControlPlane({
    controllerName,
    bindPort: await hostPorts(bindAddress),
    bindAddress,
    exclusivePorts: true,
    services: [service.service],
    logger: logging.component('xds-server'),
  });
  stack.defer(() => controlPlane.close());
  const client = loadKubeClient(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig });
  let xdsPort: number | undefined;
  const replica = replicaOfPod({
    // The proxies of this machine are nobody else's: there is one replica.
    settings: undefined,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    xdsPort: () => xdsPort,
    deliveries: controlPlane.deliveries,
    service,
    logger,
  });
  stack.defer(() => replica.stop());
  const link = new ClusterLink({
    client,
    controlPlane,
    controllerName,
    logger: logging.component('provider'),
    leadership: replica.leadership,
    informed: () => replica.informed(),
  });
  stack.defer(() => link.stop());
  const health = await startEndpoints(operator, controlPlane, link);
  const fleet = await startHostFleet({ controlPlane, bindAddress, logging, ...hostOptions(operator) });
  stack.defer(() => fleet.stop());
  xdsPort = await serveXds(operator, controlPlane);
  await link.start(options.stop);
  replica.start();
  begin(fleet, health);
  logger.info('Ready: the cluster is read and served');
  await aborted(options.stop);
  health.setReadiness('stopping');
  logger.info('Stopping: requests in flight are let finish');
}

function hostOptions({ options: { stop, force }, configuration }: Operator): Pick<HostFleetOptions, 'stop' | 'force' | 'runtimeBase'> {
  const runtimeBase = configuration.provider.custom?.infrastructure?.host?.runtimeDir;
  return { stop, force, ...(runtimeBase === undefined ? {} : { runtimeBase }) };
}

function begin(fleet: HostFleet, health: HealthEndpoint): void {
  fleet.start();
  health.setReadiness(undefined);
}

/** For proxies that others start; those of this machine use a Unix socket. */
async function serveXds({ options, logging }: Operator, controlPlane: ControlPlane): Promise<number | undefined> {
  // It would say on its own what is said here in words.
  setLogVerbosity(logVerbosity.NONE);
  const at = { host: LOCAL, port: options.xdsPort };
  const { port } = await controlPlane.listen(at).catch((error: unknown) => {
    const code = /\bE[A-Z]{4,}\b/.exec(String(error))?.[0] ?? String(error);
    throw portError('xDS server', at, { code, flag: '--xds-port' });
  });
  logging.component('xds-server').info(`xDS on ${LOCAL}:${port}`);
  return port;
}

async function startEndpoints(operator: Operator, controlPlane: ControlPlane, link: ClusterLink): Promise<HealthEndpoint> {
  const { options, configuration, logging, stack } = operator;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerControlPlaneMetrics(registry, controlPlane);
  registerStatusMetrics(registry, link.writer);
  const health = await startHealthEndpoint({ host: EVERYWHERE, port: options.healthPort });
  stack.defer(() => health.close());
  const metrics = await startMetricsEndpoint({ host: EVERYWHERE, port: options.metricsPort }, registry);
  stack.defer(() => metrics.close());
  const { host, port } = configuration.admin.address;
  const startedAt = new Date().toISOString();
  const admin = await startAdminEndpoint(
    { host, port: options.adminPort ?? port },
    {
      info: () => ({ name: 'gatehouse', version: options.version, pid: process.pid, startedAt, problems: link.operator.problems }),
      resources: () => Object.groupBy(controlPlane.statuses(), ({ kind }) => kind) as Record<string, readonly unknown[]>,
    },
  );
  stack.defer(() => admin.close());
  logging.component('default').info(`health on port ${health.port}, metrics on port ${metrics.port}, admin on ${host}:${admin.port}`);
  return health;
}

const loggingOf = ({ logLevel, logFormat, color }: OperatorOptions, { logging }: EnvoyGateway): Logging =>
  createLogging({
    encoder: logFormat === undefined ? logging.encoder : logFormat === 'json' ? 'JSON' : 'Text',
    levels: { ...logging.level, ...logLevel },
    ...(color === undefined ? {} : { color }),
  });

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
