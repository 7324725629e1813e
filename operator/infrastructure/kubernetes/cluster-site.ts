import { isIPv6 } from 'node:net';
import type { EnvoyGateway } from '../../../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { writesOfTheLeader } from '../../cluster/leadership.ts';
import { clusterSettingsOf } from '../../configuration-change.ts';
import { controllerNamespace } from '../../controller-namespace.ts';
import { registerInfrastructureMetrics } from '../../endpoints/infrastructure-metrics.ts';
import type { Site, SiteOptions, SiteParts } from '../../site.ts';
import { DEFAULT_CLUSTER_DOMAIN, defaultRenderOptions } from './default-options.ts';
import type { RenderOptions } from './fleet-context.ts';
import { type FleetSource, KubernetesInfrastructure } from './kubernetes-infrastructure.ts';
import { proxySettings } from './proxy-settings.ts';
import { renderFleet } from './render.ts';

/** Proxies in the cluster, in the controller's namespace. */
export function clusterSite({ configuration, logging, options: { version } }: SiteOptions): Site {
  const rendering = renderOptions(configuration, version);
  return {
    settings: { bindAddress: bindAddressOf(), proxies: proxySettings(rendering) },
    xdsHost: '0.0.0.0',
    proxyNamespace: rendering.namespace,
    topologyInjector: rendering.topologyInjector,
    election: clusterSettingsOf(configuration).leaderElection ?? {},
    prepare: async (parts) => {
      const count = registerInfrastructureMetrics(parts.registry);
      const infrastructure = new KubernetesInfrastructure({
        client: parts.client,
        writes: writesOfTheLeader(parts.client, parts.leadership),
        namespace: rendering.namespace,
        controlPlane: fleetSource(parts),
        render: (infra) => renderFleet(infra, rendering),
        onWrite: (write) => {
          count(write);
          parts.telemetry.onWrite?.(write);
        },
        logger: logging.component('infrastructure'),
      });
      return {
        start: () => {
          infrastructure.start();
          parts.leadership.onLeading((leading) => infrastructure.lead(leading));
        },
        stop: () => infrastructure.stop(),
      };
    },
  };
}

/**
 * Where proxies bind their listeners unless an EnvoyProxy says which family: as Envoy Gateway's do, because a proxy that is taken over keeps its sockets only where the
 * address stays, and what waits in the queue of a socket that is closed is reset. Pods that have nothing but IPv6 were of no use there.
 */
export const bindAddressOf = (environment = process.env): string => (isIPv6(environment['POD_IP'] ?? '') ? '::' : '0.0.0.0');

/** As installed, but for what the configuration and the environment (contract C.1) say. */
export function renderOptions({ provider: { kubernetes } }: EnvoyGateway, version: string, environment = process.env): RenderOptions {
  const defaults = defaultRenderOptions(version);
  return {
    ...defaults,
    namespace: controllerNamespace(environment),
    // Set by the chart where images come from a registry of one's own.
    envoyImage: environment['ENVOY_PROXY_IMAGE'] || defaults.envoyImage,
    clusterDomain: environment['KUBERNETES_CLUSTER_DOMAIN'] || DEFAULT_CLUSTER_DOMAIN,
    shutdownManagerImage: kubernetes?.shutdownManager?.image ?? defaults.shutdownManagerImage,
    topologyInjector: kubernetes?.proxyTopologyInjector?.disabled !== true,
  };
}

/** While Gateways or classes cannot be read, one that is missing may well be there: nothing of it is deleted then. */
function fleetSource({ controlPlane, link }: SiteParts): FleetSource {
  const isUncertain = (): boolean => link.operator.problems.some(({ kind }) => kind.kind === 'Gateway' || kind.kind === 'GatewayClass');
  return {
    fleets: () => controlPlane.fleets(),
    onFleet: (listener) => controlPlane.onFleet(listener),
    observe: (fleet, observation) => controlPlane.observe(fleet, observation),
    keepsProxies: (owner) => isUncertain() || controlPlane.keepsProxies(owner),
  };
}
