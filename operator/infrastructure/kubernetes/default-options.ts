import type { EnvoyGateway } from '../../../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { ENVOY_IMAGE, operatorImage } from '../../images.ts';
import type { RenderOptions } from './fleet-context.ts';

/** As Gatehouse is installed when nobody says otherwise (contract D.1). */
export const DEFAULT_NAMESPACE = 'envoy-gateway-system';
export const DEFAULT_CLUSTER_DOMAIN = 'cluster.local';

/** @param version of Gatehouse, whose image has the shutdown manager */
export const defaultRenderOptions = (version: string): RenderOptions => ({
  namespace: DEFAULT_NAMESPACE,
  deploy: 'ControllerNamespace',
  clusterDomain: DEFAULT_CLUSTER_DOMAIN,
  envoyImage: ENVOY_IMAGE,
  shutdownManagerImage: operatorImage(version),
  xdsPort: 18_000,
  topologyInjector: true,
});

/** What the configuration says of it. */
export const configuredOptions = (
  { provider: { kubernetes } }: Pick<EnvoyGateway, 'provider'>,
  { deploy, shutdownManagerImage }: RenderOptions,
): Pick<RenderOptions, 'deploy' | 'shutdownManagerImage' | 'topologyInjector'> => ({
  deploy: kubernetes?.deploy.type ?? deploy,
  shutdownManagerImage: kubernetes?.shutdownManager?.image ?? shutdownManagerImage,
  topologyInjector: kubernetes?.proxyTopologyInjector?.disabled !== true,
});
