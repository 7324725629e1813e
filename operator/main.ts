import { logVerbosity, type ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import type { Authorize } from '../xds/node-identity.ts';
import { CertificateFolder } from './certificates/certificate-folder.ts';
import { proxyAuthorization } from './certificates/proxy-authorization.ts';
import { loadKubeClient } from './cluster/kube-client.ts';
import { ClusterLink } from './cluster-link.ts';
import { type ClusterParts, clusterSections } from './cluster-sections.ts';
import { type ConfigurationSource, loadConfiguration } from './configuration.ts';
import { clusterSettingsOf } from './configuration-change.ts';
import { ControlPlane } from './control-plane.ts';
import { controllerNamespace } from './controller-namespace.ts';
import { type AdminSources, startAdminEndpoint } from './endpoints/admin-endpoint.ts';
import { portError } from './endpoints/bound-server.ts';
import { registerControlPlaneMetrics, registerStatusMetrics } from './endpoints/control-plane-metrics.ts';
import { type HealthEndpoint, startHealthEndpoint } from './endpoints/health-endpoint.ts';
import { startMetricsEndpoint } from './endpoints/metrics-endpoint.ts';
import { MovableEndpoint } from './endpoints/movable-endpoint.ts';
import { createLogging, type Logging, type LoggingOptions } from './logging.ts';
import { type Apply, Reconfiguration } from './reconfiguration.ts';
import { DeliveriesService } from './replicas/deliveries-service.ts';
import { replicaChannel } from './replicas/replica-channel.ts';
import { authorizeReplica } from './replicas/replica-identity.ts';
import { type PodReplica, replicaOfPod } from './replicas/replica-of-pod.ts';
import { type Site, siteOf } from './site.ts';
import { startTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import type { InjectorOptions } from './topology-injector/topology-injector.ts';
import { trimHeapSoon } from './trim-heap.ts';
import { watchScopeOf } from './watch-scope.ts';
import { xdsChannelOptions } from './xds-channel.ts';

export interface OperatorOptions {
  readonly kubeconfig?: string;
  /** Path of the EnvoyGateway configuration; undefined: the built-in one. */
  readonly config?: string;
  readonly xdsPort: number;
  /** Folder of tls.crt, tls.key and ca.crt, where proxies come by the network. */
  readonly certsDir: string;
  /** Of the topology injector. */
  readonly webhookPort: number;
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
  readonly source: ConfigurationSource;
  readonly configuration: EnvoyGateway;
  readonly logging: Logging;
  readonly stack: AsyncDisposableStack;
  readonly onRestart: (next: ConfigurationSource) => void;
}

/** What serves those who look after the operator, and how it follows its configuration. */
interface Endpoints {
  readonly health: HealthEndpoint;
  readonly registry: Registry;
  readonly telemetry: Telemetry;
  readonly apply: Readonly<Record<'admin' | 'logging', Apply>>;
}

const EVERYWHERE = '0.0.0.0';

/**
 * Serves the Gateways of a cluster until `stop`. Rejects with an Error in words for people when it cannot start. When it resolves or
 * rejects, nothing of it is left.
 */
export async function runOperator(options: OperatorOptions): Promise<void> {
  let source: ConfigurationSource | undefined = await loadConfiguration(options.config);
  while (source !== undefined && !options.stop.aborted) source = await runWith(options, source);
}

/** Until `stop`, or until a configuration comes that needs a new beginning: that one is the answer. */
async function runWith(options: OperatorOptions, source: ConfigurationSource): Promise<ConfigurationSource | undefined> {
  const restart = new AbortController();
  const stop = AbortSignal.any([options.stop, restart.signal]);
  let next: ConfigurationSource | undefined;
  const onRestart = (wanted: ConfigurationSource): void => {
    next = wanted;
    restart.abort(new Error('begins anew'));
  };
  const { configuration } = source;
  await using stack = new AsyncDisposableStack();
  try {
    await operate({ options: { ...options, stop }, source, configuration, logging: loggingOf(options, configuration), stack, onRestart });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  return next;
}

async function operate(operator: Operator): Promise<void> {
  const { options, configuration, logging, stack } = operator;
  const { controllerName } = configuration.gateway;
  const logger = logging.component('default');
  if (configuration.admin.enableDumpConfig) logger.info('Configuration', { configuration });
  const site = await siteOf(operator);
  const identity = await identityOf(operator, site);
  const service = new DeliveriesService(authorizeReplica);
  const controlPlane = new ControlPlane({
    controllerName,
    ...site.settings,
    channel: xdsChannelOptions(configuration.xdsServer),
    services: [service.service],
    ...(identity && { authorize: identity.authorize }),
    logger: logging.component('xds-server'),
  });
  stack.defer(() => controlPlane.close());
  const client = loadKubeClient(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig });
  stack.defer(() => client.close());
  const xds: { port: number | undefined } = { port: undefined };
  const replica = replicaOfPod({
    settings: site.election,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    xdsPort: () => xds.port,
    deliveries: controlPlane.deliveries,
    service,
    ...(identity && { channel: () => replicaChannel(identity.certificates.current) }),
    logger,
  });
  stack.defer(() => replica.stop());
  const link = linkOf(operator, { client, controlPlane, replica });
  stack.defer(() => link.stop());
  const endpoints = await startEndpoints(operator, controlPlane, link);
  stack.defer(followConfiguration(operator, endpoints, { client, controlPlane, link }));
  if (identity && site.topologyInjector)
    await injectTopology(operator, { client, certificates: identity.certificates, registry: endpoints.registry });
  const { registry, telemetry } = endpoints;
  const proxies = await site.prepare({ controlPlane, client, link, registry, telemetry, leadership: replica.leadership });
  stack.defer(() => proxies.stop());
  xds.port = await serveXds(operator, controlPlane, {
    host: site.xdsHost,
    ...(identity && { credentials: identity.certificates.serverCredentials() }),
  });
  await link.start(options.stop);
  replica.start();
  proxies.start();
  endpoints.health.setReadiness(undefined);
  logger.info('Ready: the cluster is read and served');
  stack.defer(trimHeapSoon());
  await aborted(options.stop);
  endpoints.health.setReadiness('stopping');
  logger.info('Stopping: requests in flight are let finish');
}

interface LinkParts extends Pick<ClusterParts, 'client' | 'controlPlane'> {
  readonly replica: PodReplica;
}

/** Proxies that come by the network prove who they are, and so does the control plane. Rejects where its certificates are not usable: without them it serves nobody. */
async function identityOf({ options, logging, stack }: Operator, { proxyNamespace }: Site): Promise<Identity | undefined> {
  if (proxyNamespace === undefined) return undefined;
  const logger = logging.component('xds-server');
  const certificates = await CertificateFolder.open(options.certsDir, logger);
  stack.defer(() => certificates.close());
  return { certificates, authorize: proxyAuthorization(proxyNamespace, logger) };
}

/** On every replica: the API server asks whichever it reaches. */
async function injectTopology({ options, logging, stack }: Operator, parts: InjectorParts): Promise<void> {
  const { startTopologyInjector } = await import('./topology-injector/topology-injector.ts');
  const [address, logger] = [{ host: EVERYWHERE, port: options.webhookPort }, logging.component('provider')];
  const injector = await startTopologyInjector({ ...parts, address, namespace: controllerNamespace(), logger });
  stack.defer(() => injector.close());
}

type InjectorParts = Pick<InjectorOptions, 'client' | 'certificates' | 'registry'>;

interface Identity {
  readonly certificates: CertificateFolder;
  readonly authorize: Authorize;
}

interface XdsPlace {
  readonly host: string;
  readonly credentials?: ServerCredentials;
}

/** The cluster as far as the configuration lets it be read; written by the replica that leads. */
function linkOf({ configuration, logging }: Operator, { client, controlPlane, replica }: LinkParts): ClusterLink {
  return new ClusterLink({
    client,
    controlPlane,
    controllerName: configuration.gateway.controllerName,
    scope: watchScopeOf(clusterSettingsOf(configuration).watch, controllerNamespace()),
    logger: logging.component('provider'),
    leadership: replica.leadership,
    informed: () => replica.informed(),
  });
}

/** Applies what the configuration says now, and what it will say. Answers what ends that. */
function followConfiguration(
  { source, configuration, logging, onRestart }: Operator,
  endpoints: Endpoints,
  parts: ClusterParts,
): () => void {
  const settings = clusterSections(parts);
  for (const section of ['envoyProxy', 'client', 'cacheSyncPeriod'] as const) settings[section](configuration);
  const reconfiguration = new Reconfiguration({
    source,
    logger: logging.component('default'),
    registry: endpoints.registry,
    apply: { ...settings, ...endpoints.apply },
    onRestart,
  });
  return () => reconfiguration.close();
}

async function serveXds({ options, logging }: Operator, controlPlane: ControlPlane, where: XdsPlace): Promise<number | undefined> {
  // It would say on its own what is said here in words.
  setLogVerbosity(logVerbosity.NONE);
  const at = { ...where, port: options.xdsPort };
  const { port } = await controlPlane.listen(at).catch((error: unknown) => {
    const code = /\bE[A-Z]{4,}\b/.exec(String(error))?.[0] ?? String(error);
    throw portError('xDS server', at, { code, flag: '--xds-port' });
  });
  logging.component('xds-server').info(`xDS on ${where.host}:${port}`);
  return port;
}

/** Answers the port; undefined where the configuration wants no metrics. */
async function serveMetrics({ options, configuration, stack }: Operator, registry: Registry): Promise<number | undefined> {
  if (configuration.telemetry.metrics.prometheus.disable) return undefined;
  const metrics = await startMetricsEndpoint({ host: EVERYWHERE, port: options.metricsPort }, registry);
  stack.defer(() => metrics.close());
  return metrics.port;
}

async function startEndpoints(operator: Operator, controlPlane: ControlPlane, link: ClusterLink): Promise<Endpoints> {
  const { options, configuration, logging, stack } = operator;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerControlPlaneMetrics(registry, controlPlane);
  registerStatusMetrics(registry, link.writer);
  const health = await startHealthEndpoint({ host: EVERYWHERE, port: options.healthPort });
  stack.defer(() => health.close());
  const metricsPort = await serveMetrics(operator, registry);
  const logger = logging.component('default');
  const { writer } = link;
  const telemetry = await startTelemetry(configuration.telemetry, { registry, controlPlane, writer, version: options.version, logger });
  stack.defer(() => telemetry.close());
  let profiling = configuration.admin.enablePprof;
  const startedAt = new Date().toISOString();
  const sources: AdminSources = {
    info: () => ({ name: 'gatehouse', version: options.version, pid: process.pid, startedAt, problems: link.operator.problems }),
    resources: () => Object.groupBy(controlPlane.statuses(), ({ kind }) => kind) as Record<string, readonly unknown[]>,
    profiling: () => profiling,
  };
  const addressOf = ({ admin: { address } }: EnvoyGateway) => ({ host: address.host, port: options.adminPort ?? address.port });
  const admin = await MovableEndpoint.start((address) => startAdminEndpoint(address, sources), addressOf(configuration));
  stack.defer(() => admin.close());
  logger.info(
    `health on port ${health.port}, ${metricsPort === undefined ? 'no metrics' : `metrics on port ${metricsPort}`}, admin on ${addressOf(configuration).host}:${admin.port}`,
  );
  return {
    health,
    registry,
    telemetry,
    apply: {
      admin: async (next) => {
        profiling = next.admin.enablePprof;
        if (await admin.move(addressOf(next))) logger.info(`admin on ${addressOf(next).host}:${admin.port}`);
      },
      logging: (next) => logging.change(logSettings(options, next)),
    },
  };
}

const logSettings = ({ logLevel, logFormat }: OperatorOptions, { logging }: EnvoyGateway): Pick<LoggingOptions, 'encoder' | 'levels'> => ({
  encoder: logFormat === undefined ? logging.encoder : logFormat === 'json' ? 'JSON' : 'Text',
  levels: { ...logging.level, ...logLevel },
});

const loggingOf = (options: OperatorOptions, configuration: EnvoyGateway): Logging =>
  createLogging({ ...logSettings(options, configuration), ...(options.color === undefined ? {} : { color: options.color }) });

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
