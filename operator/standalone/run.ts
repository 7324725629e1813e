import { collectDefaultMetrics, Registry } from 'prom-client';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../../translators/ir/object-key.ts';
import { systemClock } from '../cluster/clock.ts';
import { ControlPlane } from '../control-plane.ts';
import { startAdminEndpoint } from '../endpoints/admin-endpoint.ts';
import { registerControlPlaneMetrics } from '../endpoints/control-plane-metrics.ts';
import type { HealthEndpoint } from '../endpoints/health-endpoint.ts';
import { startHealthEndpoint } from '../endpoints/health-endpoint.ts';
import { startMetricsEndpoint } from '../endpoints/metrics-endpoint.ts';
import type { Logging } from '../logging.ts';
import type { StepReport } from './binaries/step-report.ts';
import type { Display } from './display.ts';
import { startEchoBackend } from './echo-backend.ts';
import { FileProvider } from './file-provider.ts';
import { startHostFleet } from './host-fleet.ts';
import { anyAddress, hostPorts } from './listener-ports.ts';
import { RunNarrator } from './run-narrator.ts';
import { trustOfThisMachine } from './system-ca.ts';
import { errorCode, errorText } from './system-error.ts';

/** Ports of our own endpoints; 0 = any free one. */
export interface RunPorts {
  readonly health: number;
  readonly metrics: number;
  readonly admin: number;
}

export interface RunOptions {
  /** YAML files, and folders of them. */
  readonly paths: readonly string[];
  readonly controllerName: string;
  readonly version: string;
  /** Serve the echo backend there; undefined: no backend of ours. */
  readonly sampleBackendPort: number | undefined;
  readonly ports: RunPorts;
  /** The longest that requests in flight are waited for at the end. Milliseconds. */
  readonly drainMs: number;
  /** Where the folder with sockets and process files is made. */
  readonly runtimeBase: string;
  readonly logging: Logging;
  readonly display: Display;
  readonly report: StepReport;
  /** Aborted: end in order. */
  readonly stop: AbortSignal;
  /** Aborted: end at once. */
  readonly force: AbortSignal;
}

const LOCAL = '127.0.0.1';
/** What the xDS streams may take to end once their proxies have. */
const CLOSE_MS = 1000;

const stopped = (stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });

async function startSampleBackend(port: number): Promise<Awaited<ReturnType<typeof startEchoBackend>>> {
  try {
    return await startEchoBackend({ port });
  } catch (error) {
    const why = errorCode(error) === 'EADDRINUSE' ? 'already in use by another process' : errorText(error);
    throw new Error(
      `sample backend: cannot listen on ${LOCAL}:${port}: ${why}. Stop that process, or leave --sample-backend out and serve it yourself.`,
    );
  }
}

/** The objects by kind, each with its status as it is. */
function resourcesOf(objects: Iterable<KubernetesObject>, controlPlane: ControlPlane): Readonly<Record<string, readonly unknown[]>> {
  const statuses = new Map(controlPlane.statuses().map(({ kind, key, status }) => [`${kind} ${key}`, status]));
  const shown = [...objects].map((object) => {
    const status = statuses.get(`${object.kind} ${objectKey(object)}`);
    return status === undefined ? object : { ...object, status };
  });
  return Object.groupBy(shown, ({ kind }) => kind) as Record<string, KubernetesObject[]>; // groupBy leaves no empty groups
}

interface Started {
  readonly controlPlane: ControlPlane;
  readonly provider: FileProvider;
  readonly narrator: RunNarrator;
}

/** The control plane and the files that feed it; nothing is read yet. */
async function prepare(options: RunOptions, health: HealthEndpoint, bindAddress: string): Promise<Started> {
  const { display, stop, paths, controllerName, logging } = options;
  const controlPlane = new ControlPlane({
    controllerName,
    bindPort: await hostPorts(bindAddress),
    bindAddress,
    exclusivePorts: true,
    proxies: trustOfThisMachine(),
    logger: logging.component('xds-server'),
  });
  const narrator = new RunNarrator({
    display,
    controlPlane,
    clock: systemClock,
    stopped: stop,
    onReadiness: (reason) => health.setReadiness(reason),
  });
  const provider = new FileProvider({
    paths,
    onChange: (change) => {
      for (const object of change.puts) controlPlane.put(object);
      for (const { kind, key } of change.removes) controlPlane.remove(kind, key);
      narrator.change(change);
    },
    onFailure: (why) => logging.component('provider').error(`files: ${why}`),
  });
  return { controlPlane, provider, narrator };
}

async function startEndpoints(
  { ports }: RunOptions,
  registry: Registry,
  stack: AsyncDisposableStack,
): Promise<{ health: HealthEndpoint; metrics: number }> {
  const health = await startHealthEndpoint({ host: LOCAL, port: ports.health });
  stack.defer(() => health.close());
  const metrics = await startMetricsEndpoint({ host: LOCAL, port: ports.metrics }, registry);
  stack.defer(() => metrics.close());
  return { health, metrics: metrics.port };
}

async function serve(options: RunOptions, stack: AsyncDisposableStack): Promise<void> {
  const { display, stop, force, logging, ports } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { health, metrics } = await startEndpoints(options, registry, stack);
  const bindAddress = await anyAddress();
  const { controlPlane, provider, narrator } = await prepare(options, health, bindAddress);
  stack.defer(() => controlPlane.close(CLOSE_MS));
  registerControlPlaneMetrics(registry, controlPlane);
  stack.defer(() => provider.close());
  await provider.start();
  const startedAt = new Date().toISOString();
  const admin = await startAdminEndpoint(
    { host: LOCAL, port: ports.admin },
    {
      info: () => ({ name: 'gatehouse', version: options.version, pid: process.pid, startedAt }),
      resources: () => resourcesOf(provider.objects(), controlPlane),
    },
  );
  stack.defer(() => admin.close());
  if (options.sampleBackendPort !== undefined) {
    const backend = await startSampleBackend(options.sampleBackendPort);
    stack.defer(() => backend.close());
    display.print(`Sample backend: an echo server on ${LOCAL}:${backend.port}`);
  }
  const host = await startHostFleet({
    controlPlane,
    bindAddress,
    logging,
    force,
    stop,
    runtimeBase: options.runtimeBase,
    drainMs: options.drainMs,
    report: options.report,
    say: display.print,
    onState: (fleet, state) => narrator.proxy(fleet, state),
  });
  stack.defer(() => host.stop());
  display.print(
    `Health http://${LOCAL}:${health.port}/healthz, metrics http://${LOCAL}:${metrics}/metrics, admin http://${LOCAL}:${admin.port}/api/config_dump`,
  );
  controlPlane.listed();
  host.start();
  narrator.start();
  await stopped(stop);
  display.print('Stopping: requests in flight are let finish. Ctrl-C once more ends it at once.');
}

/**
 * Serves the Gateways of some files by Envoys on this machine until `stop`. Rejects with an Error in words for people when it cannot start. When it
 * resolves or rejects, no process of it is left.
 */
export async function run(options: RunOptions): Promise<void> {
  const stack = new AsyncDisposableStack();
  try {
    await serve(options, stack);
  } catch (error) {
    if (!options.stop.aborted) throw error;
  } finally {
    await stack.disposeAsync();
  }
}
