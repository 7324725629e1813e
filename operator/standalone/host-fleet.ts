import { encodeBootstrap } from '../../translators/envoy/bootstrap.ts';
import { systemClock } from '../cluster/clock.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Logging } from '../logging.ts';
import { stepReport } from './binaries/step-report.ts';
import { ensureEnvoy } from './envoy-binary.ts';
import { HostInfrastructure, xdsSocketIn } from './host-infrastructure.ts';
import { hostAddresses } from './listener-ports.ts';
import { defaultRuntimeBase, openRuntimeDirectory } from './runtime-directory.ts';

export interface HostFleetOptions {
  readonly controlPlane: ControlPlane;
  readonly bindAddress: string;
  readonly logging: Logging;
  /** Aborted: end all proxies at once. */
  readonly force: AbortSignal;
}

export interface HostFleet {
  start(): void;
  stop(): Promise<void>;
}

/** The longest that requests in flight are waited for at the end, in milliseconds. */
const DRAIN_MS = 10_000;

/** Gets Envoy and serves xDS on a Unix socket, ready to run a proxy for each fleet on this machine. */
export async function startHostFleet({ controlPlane, bindAddress, logging, force }: HostFleetOptions): Promise<HostFleet> {
  const logger = logging.component('infrastructure');
  const envoy = await ensureEnvoy(stepReport(process.stderr));
  logger.info(`Envoy ${envoy.version} (${envoy.source})`);
  const directory = await openRuntimeDirectory(defaultRuntimeBase(), (line) => logger.info(line));
  await controlPlane.listen({ unixSocket: xdsSocketIn(directory) });
  const host = new HostInfrastructure({
    envoy: envoy.path,
    directory,
    xdsSocket: xdsSocketIn(directory),
    controlPlane,
    bootstrap: ({ fleet, node, xdsSocket, adminSocket }) =>
      encodeBootstrap({ nodeId: node, cluster: fleet, xds: { unixSocket: xdsSocket }, adminAddress: adminSocket }),
    bindAddress,
    addresses: hostAddresses(),
    drainMs: DRAIN_MS,
    logger,
    clock: systemClock,
  });
  force.addEventListener('abort', () => host.kill(), { once: true });
  return {
    start: () => host.start(),
    stop: async () => {
      await host.stop();
      await directory.remove();
    },
  };
}
