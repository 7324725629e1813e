import { logVerbosity, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { CertificateFolder } from './certificates/certificate-folder.ts';
import { proxyAuthorization } from './certificates/proxy-authorization.ts';
import { type KubeClient, loadKubeClient } from './cluster/kube-client.ts';
import { ClusterLink } from './cluster-link.ts';
import { type ClusterParts, clusterSections } from './cluster-sections.ts';
import { type ConfigurationSource, loadConfiguration } from './configuration.ts';
import { clusterSettingsOf, isWithGateways } from './configuration-change.ts';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { controllerNamespace } from './controller-namespace.ts';
import { portError } from './endpoints/bound-server.ts';
import { type OperatorEndpoints, startEndpoints } from './operator-endpoints.ts';
import { Reconfiguration } from './reconfiguration.ts';
import { DeliveriesService } from './replicas/deliveries-service.ts';
import { replicaChannel } from './replicas/replica-channel.ts';
import { authorizeReplica } from './replicas/replica-identity.ts';
import { type PodReplica, replicaOfPod } from './replicas/replica-of-pod.ts';
import { loggingOf, type OperatorOptions, type RunningOperator } from './running-operator.ts';
import { type Site, siteOf } from './site.ts';
import { ProxyAccounts } from './tokens/proxy-accounts.ts';
import { tokenAuthorization } from './tokens/token-authorization.ts';
import { tokenLook } from './tokens/token-look.ts';
import { TokenReviews } from './tokens/token-reviews.ts';
import type { InjectorOptions } from './topology-injector/topology-injector.ts';
import { trimHeapSoon } from './trim-heap.ts';
import { watchScopeOf } from './watch-scope.ts';
import { wildcardAddress } from './wildcard-address.ts';
import { xdsChannelOptions } from './xds-channel.ts';

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

async function operate(operator: RunningOperator): Promise<void> {
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
    ...(identity && { admission: identity.admission }),
    logger: logging.component('xds-server'),
  });
  stack.defer(() => controlPlane.close());
  controlPlane.onFleet((changes) => identity?.accounts?.follow(changes));
  const client = clientOf(operator);
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
  const link = linkOf(operator, { client, controlPlane, replica, site });
  stack.defer(() => link.stop());
  const endpoints = await startEndpoints(operator, controlPlane, link);
  stack.defer(followConfiguration(operator, endpoints, { client, controlPlane, link }));
  if (identity && site.topologyInjector)
    await injectTopology(operator, { client, certificates: identity.certificates, registry: endpoints.registry });
  const { registry, telemetry } = endpoints;
  const { leadership } = replica;
  const proxies = await site.prepare({ controlPlane, client, link, registry, telemetry, leadership, ...certificatesOf(identity) });
  stack.defer(() => proxies.stop());
  xds.port = await serveXds(operator, controlPlane, {
    host: site.xdsHost,
    // Without an identity all proxies are this machine's and come by its loopback.
    credentials: identity?.credentials ?? ServerCredentials.createInsecure(),
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

const certificatesOf = (identity: Identity | undefined): Partial<Pick<Identity, 'certificates'>> =>
  identity === undefined ? {} : { certificates: identity.certificates };

interface LinkParts extends Pick<ClusterParts, 'client' | 'controlPlane'> {
  readonly replica: PodReplica;
  readonly site: Site;
}

/** Proxies that come by the network prove who they are, and so does the control plane. Rejects where its certificates are not usable: without them it serves nobody. */
async function identityOf(operator: RunningOperator, site: Site): Promise<Identity | undefined> {
  const { options, logging, stack } = operator;
  const { proxyNamespace, tokens } = site;
  if (proxyNamespace === undefined) return undefined;
  const logger = logging.component('xds-server');
  const certificates = await CertificateFolder.open(options.certsDir, logger);
  stack.defer(() => certificates.close());
  const byCertificate = proxyAuthorization(proxyNamespace, logger);
  if (tokens === undefined) return { certificates, credentials: certificates.serverCredentials(), admission: { authorize: byCertificate } };
  const { audience } = tokens;
  const accounts = new ProxyAccounts(tokens.identityOf);
  const look = tokenLook({ audience, isKnown: (account) => accounts.has(account) });
  const admission = tokenAuthorization({
    reviews: new TokenReviews({ client: clientOf(operator), audience, look }),
    proxyIdentityOf: (fleet) => accounts.of(fleet),
    otherwise: byCertificate,
    logger,
  });
  return { certificates, credentials: certificates.serverCredentials('optional'), admission, accounts };
}

/** A client of its own; it is closed with the operator. */
function clientOf({ options, stack }: RunningOperator): KubeClient {
  const client = loadKubeClient(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig });
  stack.defer(() => client.close());
  return client;
}

/** On every replica: the API server asks whichever it reaches. */
async function injectTopology({ options, configuration, logging, stack }: RunningOperator, parts: InjectorParts): Promise<void> {
  const { startTopologyInjector } = await import('./topology-injector/topology-injector.ts');
  const [address, logger] = [{ host: wildcardAddress(), port: options.webhookPort }, logging.component('provider')];
  const injector = await startTopologyInjector({ ...parts, address, home: homeOfProxies(configuration), logger });
  stack.defer(() => injector.close());
}

const homeOfProxies = (configuration: EnvoyGateway): string | undefined =>
  isWithGateways(configuration) ? undefined : controllerNamespace();

type InjectorParts = Pick<InjectorOptions, 'client' | 'certificates' | 'registry'>;

interface Identity {
  readonly certificates: CertificateFolder;
  readonly credentials: ServerCredentials;
  readonly admission: NonNullable<ControlPlaneOptions['admission']>;
  /** Where tokens are a proof. */
  readonly accounts?: ProxyAccounts;
}

interface XdsPlace {
  readonly host: string;
  readonly credentials: ServerCredentials;
}

/** The cluster as far as the configuration lets it be read; written by the replica that leads. */
function linkOf({ configuration, logging }: RunningOperator, { client, controlPlane, replica, site }: LinkParts): ClusterLink {
  return new ClusterLink({
    client,
    controlPlane,
    controllerName: configuration.gateway.controllerName,
    scope: watchScopeOf(clusterSettingsOf(configuration).watch, controllerNamespace()),
    logger: logging.component('provider'),
    leadership: replica.leadership,
    informed: () => replica.informed(),
    ...(site.settings.exclusivePorts === true ? { onMachine: true } : {}),
  });
}

/** Applies what the configuration says now, and what it will say. Answers what ends that. */
function followConfiguration(
  { source, configuration, logging, onRestart }: RunningOperator,
  endpoints: OperatorEndpoints,
  parts: ClusterParts,
): () => void {
  const settings = clusterSections(parts);
  const { watch, ...others } = settings;
  for (const section of ['envoyProxy', 'client', 'cacheSyncPeriod'] as const) settings[section](configuration);
  const reconfiguration = new Reconfiguration({
    source,
    logger: logging.component('default'),
    registry: endpoints.registry,
    // Where proxies are followed hangs on where Gateways are.
    apply: { ...others, ...(isWithGateways(configuration) ? {} : { watch }), ...endpoints.apply },
    onRestart,
  });
  return () => reconfiguration.close();
}

async function serveXds({ options, logging }: RunningOperator, controlPlane: ControlPlane, where: XdsPlace): Promise<number | undefined> {
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

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
