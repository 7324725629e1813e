import type { Site, SiteOptions } from '../site.ts';
import { startHostFleet } from './host-fleet.ts';
import { anyAddress, hostPorts } from './listener-ports.ts';
import { trustOfThisMachine } from './system-ca.ts';

/** Proxies on this machine: they share its ports, and reach the control plane by a Unix socket. */
export async function hostSite({ configuration, logging, options: { stop, force } }: SiteOptions): Promise<Site> {
  const bindAddress = await anyAddress();
  const runtimeBase = configuration.provider.custom?.infrastructure?.host?.runtimeDir;
  return {
    settings: {
      bindPort: await hostPorts(bindAddress),
      bindAddress,
      exclusivePorts: true,
      proxies: trustOfThisMachine(),
    },
    // For proxies that others start.
    xdsHost: '127.0.0.1',
    proxyNamespace: undefined,
    topologyInjector: false,
    election: undefined,
    prepare: ({ controlPlane }) =>
      startHostFleet({ controlPlane, bindAddress, logging, stop, force, ...(runtimeBase === undefined ? {} : { runtimeBase }) }),
  };
}
