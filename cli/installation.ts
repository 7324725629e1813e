import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { loadConfiguration } from '../operator/configuration.ts';
import { defaultRenderOptions } from '../operator/infrastructure/kubernetes/default-options.ts';
import type { RenderOptions } from '../operator/infrastructure/kubernetes/fleet-context.ts';
import { proxySettings } from '../operator/infrastructure/kubernetes/proxy-settings.ts';
import { type Settings, unprivilegedPort } from '../translators/settings.ts';
import type { Session } from './session.ts';
import { gatehouseVersion } from './version.ts';

/** What decides beside the objects what they amount to. */
export interface Installation {
  readonly settings: Settings;
  /** How proxies are made; undefined: they are processes of a machine. */
  readonly rendering: RenderOptions | undefined;
}

const SOMEWHERE = { bindPort: unprivilegedPort, bindAddress: '::', exclusivePorts: false } as const;

/** Without a configuration of one's own: manifests as by the chart's values, Envoy's configuration as for proxies anywhere. */
export const plainInstallation = (controllerName: string): Installation => ({
  settings: { controllerName, ...SOMEWHERE },
  rendering: defaultRenderOptions(gatehouseVersion()),
});

/** As an operator with this configuration file has it in this environment. Rejects in words for people where it would not start with it. */
export async function configuredInstallation(path: string, environment: Session['environment']): Promise<Installation> {
  const { configuration } = await loadConfiguration(path);
  return configuration.provider.type === 'Kubernetes'
    ? await inCluster(configuration, environment)
    : { settings: { ...ownSettings(configuration), ...SOMEWHERE, exclusivePorts: true }, rendering: undefined };
}

async function inCluster(configuration: EnvoyGateway, environment: Session['environment']): Promise<Installation> {
  const { bindAddressOf, renderOptions } = await import('../operator/infrastructure/kubernetes/cluster-site.ts');
  const rendering = renderOptions(configuration, gatehouseVersion(), environment);
  const bindAddress = bindAddressOf(environment);
  return { settings: { ...ownSettings(configuration), ...SOMEWHERE, bindAddress, ...proxySettings(rendering) }, rendering };
}

const ownSettings = ({ gateway, envoyProxy }: EnvoyGateway): Pick<Settings, 'controllerName' | 'envoyProxy'> => ({
  controllerName: gateway.controllerName,
  ...(envoyProxy === undefined ? {} : { envoyProxy }),
});
