import { encodeBootstrap } from '../../translators/envoy/bootstrap.ts';
import { systemClock } from '../cluster/clock.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Logging } from '../logging.ts';
import { type StepReport, stepReport } from './binaries/step-report.ts';
import { ensureEnvoy } from './envoy-binary.ts';
import type { ProxyState } from './envoy-process.ts';
import { HostInfrastructure, xdsSocketIn } from './host-infrastructure.ts';
import { hostAddresses } from './listener-ports.ts';
import { defaultRuntimeBase, openRuntimeDirectory } from './runtime-directory.ts';

export interface HostFleetOptions {
  readonly controlPlane: ControlPlane;
  readonly bindAddress: string;
  readonly logging: Logging;
  /** Aborted: end all proxies at once. */
  readonly force: AbortSignal;
  /** Aborted: wait for Envoy's download no longer. */
  readonly stop?: AbortSignal;
  /** Where the folder with sockets and process files is made; EnvoyGateway `infrastructure.host.runtimeDir`. */
  readonly runtimeBase?: string;
  /** The longest that requests in flight are waited for at the end, in milliseconds. */
  readonly drainMs?: number;
  /** Where the progress of a download goes. Default: standard error. */
  readonly report?: StepReport;
  /** What else there is to say. Default: the log. */
  readonly say?: (line: string) => void;
  /** Told of each change of a proxy. Default: problems go to the log. */
  readonly onState?: (fleet: string, state: ProxyState) => void;
}

export interface HostFleet {
  start(): void;
  /** Drains and ends all proxies; resolves when none is left. */
  stop(): Promise<void>;
}

const DRAIN_MS = 10_000;

/** Rejects with the signal's reason as soon as it is aborted, whatever `work` still does. */
function orStopped<T>(work: Promise<T>, stop: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    if (stop?.aborted) reject(stop.reason);
    stop?.addEventListener('abort', () => reject(stop.reason), { once: true });
    work.then(resolve, reject);
  });
}

/** Gets Envoy and serves xDS on a Unix socket, ready to run a proxy for each fleet on this machine. */
export async function startHostFleet(options: HostFleetOptions): Promise<HostFleet> {
  const { controlPlane, bindAddress, logging, force, drainMs = DRAIN_MS, onState } = options;
  const logger = logging.component('infrastructure');
  const say = options.say ?? ((line: string) => void logger.info(line));
  const envoy = await orStopped(ensureEnvoy(options.report ?? stepReport(process.stderr)), options.stop);
  say(`Envoy ${envoy.version} (${envoy.source})`);
  const directory = await openRuntimeDirectory(options.runtimeBase ?? defaultRuntimeBase(), say);
  const xdsSocket = xdsSocketIn(directory);
  await controlPlane.listen({ unixSocket: xdsSocket });
  const host = new HostInfrastructure({
    envoy: envoy.path,
    directory,
    xdsSocket,
    controlPlane,
    bootstrap: ({ fleet, node, adminSocket }) =>
      encodeBootstrap({ nodeId: node, cluster: fleet, xds: { unixSocket: xdsSocket }, adminAddress: adminSocket }),
    bindAddress,
    addresses: hostAddresses(),
    drainMs,
    logger,
    clock: systemClock,
    ...(onState === undefined ? {} : { onState }),
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
