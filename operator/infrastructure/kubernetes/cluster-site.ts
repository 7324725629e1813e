import type { EnvoyGateway } from '../../../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { writesOfTheLeader } from '../../cluster/leadership.ts';
import { clusterSettingsOf } from '../../configuration-change.ts';
import { controllerNamespace } from '../../controller-namespace.ts';
import { registerInfrastructureMetrics } from '../../endpoints/infrastructure-metrics.ts';
import type { Proxies, Site, SiteOptions, SiteParts } from '../../site.ts';
import { type Place, placesOf, watchScopeOf } from '../../watch-scope.ts';
import { wildcardAddress } from '../../wildcard-address.ts';
import { configuredOptions, DEFAULT_CLUSTER_DOMAIN, defaultRenderOptions } from './default-options.ts';
import { type RenderOptions, tokenAudience } from './fleet-context.ts';
import { type FleetSource, KubernetesInfrastructure } from './kubernetes-infrastructure.ts';
import { SERVICE } from './proxy-kinds.ts';
import { proxySettings } from './proxy-settings.ts';
import { renderFleet } from './render.ts';
import { proxyIdentityOf } from './service-account.ts';

/** Proxies in the cluster: in the controller's namespace, or each in that of its Gateway. */
export function clusterSite({ configuration, logging, options: { version } }: SiteOptions): Site {
  const rendering = renderOptions(configuration, version);
  return {
    settings: { bindAddress: bindAddressOf(), proxies: proxySettings(rendering) },
    xdsHost: wildcardAddress(),
    proxyNamespace: rendering.namespace,
    ...tokensOf(rendering),
    topologyInjector: rendering.topologyInjector,
    election: clusterSettingsOf(configuration).leaderElection ?? {},
    prepare: async (parts) => prepare({ configuration, logging, rendering }, parts),
  };
}

interface Making extends Pick<SiteOptions, 'configuration' | 'logging'> {
  readonly rendering: RenderOptions;
}

function prepare({ configuration, logging, rendering }: Making, parts: SiteParts): Proxies {
  const { client, leadership, telemetry, certificates } = parts;
  const count = registerInfrastructureMetrics(parts.registry);
  const infrastructure = new KubernetesInfrastructure({
    client,
    writes: writesOfTheLeader(client, leadership),
    namespace: rendering.namespace,
    ...placesFor(rendering, configuration),
    controllerName: configuration.gateway.controllerName,
    controlPlane: fleetSource(parts),
    render: (infra) => renderFleet(infra, { ...rendering, ...trustOf(certificates) }),
    onWrite: (write) => {
      count(write);
      telemetry.onWrite?.(write);
    },
    logger: logging.component('infrastructure'),
  });
  const trust = followTrust(certificates, () => infrastructure.renderAgain());
  return {
    start: () => {
      infrastructure.start();
      trust.start();
      leadership.onLeading((leading) => infrastructure.lead(leading));
    },
    stop: async () => {
      trust.stop();
      await infrastructure.stop();
    },
  };
}

/** Proxies in other namespaces have no certificate of ours. */
const tokensOf = ({ deploy, namespace, clusterDomain }: RenderOptions): Pick<Site, 'tokens'> =>
  deploy === 'ControllerNamespace'
    ? {}
    : {
        tokens: { audience: tokenAudience({ namespace, clusterDomain }), identityOf: (infra) => proxyIdentityOf(infra, namespace) },
      };

/** Where Gateways are, there may be proxies. */
function placesFor({ deploy, namespace }: RenderOptions, configuration: EnvoyGateway): { readonly places?: readonly Place[] } {
  if (deploy === 'ControllerNamespace') return {};
  return { places: placesOf(watchScopeOf(clusterSettingsOf(configuration).watch, namespace), SERVICE) };
}

type Trust = SiteParts['certificates'];

const trustOf = (certificates: Trust): Pick<RenderOptions, 'trustedCa'> =>
  certificates === undefined ? {} : { trustedCa: certificates.current.ca.toString() };

/** Tells of each other CA than before. */
function followTrust(certificates: Trust, onChange: () => void): { readonly start: () => void; readonly stop: () => void } {
  let known = trustOf(certificates).trustedCa;
  const listener = (): void => {
    const { trustedCa } = trustOf(certificates);
    if (trustedCa === known) return;
    known = trustedCa;
    onChange();
  };
  return {
    start: () => certificates?.addCaCertificateListener(listener),
    stop: () => certificates?.removeCaCertificateListener(listener),
  };
}

/**
 * Where proxies bind their listeners unless an EnvoyProxy says which family: as Envoy Gateway's do, because a proxy that is taken over keeps its sockets only where the
 * address stays, and what waits in the queue of a socket that is closed is reset. Pods that have nothing but IPv6 were of no use there.
 */
export const bindAddressOf = (environment = process.env): string => wildcardAddress(environment);

/** As installed, but for what the configuration and the environment (contract C.1) say. */
export function renderOptions(configuration: EnvoyGateway, version: string, environment = process.env): RenderOptions {
  const defaults = defaultRenderOptions(version);
  return {
    ...defaults,
    namespace: controllerNamespace(environment),
    // Set by the chart where images come from a registry of one's own.
    envoyImage: environment['ENVOY_PROXY_IMAGE'] || defaults.envoyImage,
    clusterDomain: environment['KUBERNETES_CLUSTER_DOMAIN'] || DEFAULT_CLUSTER_DOMAIN,
    ...configuredOptions(configuration, defaults),
  };
}

/** While Gateways or classes cannot be read, or the certificates of a Gateway, one that is missing may well be there: nothing is deleted then. */
export function fleetSource({ controlPlane, link }: Pick<SiteParts, 'controlPlane' | 'link'>): FleetSource {
  const isUncertain = (): boolean =>
    link.keptGateways.size > 0 || link.operator.problems.some(({ kind }) => kind.kind === 'Gateway' || kind.kind === 'GatewayClass');
  return {
    fleets: () => controlPlane.fleets(),
    onFleet: (listener) => controlPlane.onFleet(listener),
    observe: (fleet, observation) => controlPlane.observe(fleet, observation),
    keepsProxies: (owner) => isUncertain() || controlPlane.keepsProxies(owner),
  };
}
