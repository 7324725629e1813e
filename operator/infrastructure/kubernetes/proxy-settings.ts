import type { Settings } from '../../../translators/settings.ts';
import { controlPlaneAddress, type RenderOptions } from './fleet-context.ts';
import { READY_PORT, RESERVED_PORTS } from './proxy-ports.ts';

/** What the translation has to know of proxies that are rendered with these options. */
export const proxySettings = (
  options: RenderOptions,
): Required<Pick<Settings, 'clusterDomain' | 'controlPlane' | 'readyPort' | 'reservedPorts'>> & Pick<Settings, 'fellows' | 'deploy'> => ({
  clusterDomain: options.clusterDomain,
  controlPlane: controlPlaneAddress(options),
  readyPort: READY_PORT,
  reservedPorts: RESERVED_PORTS,
  ...(options.deploy === 'GatewayNamespace' ? { deploy: options.deploy } : {}),
  ...(options.topologyInjector ? { fellows: { namespace: options.namespace } } : {}),
});
