import { collectDefaultMetrics, Registry } from 'prom-client';
import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import type { ClusterLink } from './cluster-link.ts';
import type { ControlPlane } from './control-plane.ts';
import { type AdminSources, startAdminEndpoint } from './endpoints/admin-endpoint.ts';
import { registerControlPlaneMetrics, registerStatusMetrics } from './endpoints/control-plane-metrics.ts';
import { type HealthEndpoint, startHealthEndpoint } from './endpoints/health-endpoint.ts';
import { startMetricsEndpoint } from './endpoints/metrics-endpoint.ts';
import { MovableEndpoint } from './endpoints/movable-endpoint.ts';
import type { Apply } from './reconfiguration.ts';
import { logSettings, type RunningOperator } from './running-operator.ts';
import { startTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { wildcardAddress } from './wildcard-address.ts';

/** What serves those who look after the operator, and how it follows its configuration. */
export interface OperatorEndpoints {
  readonly health: HealthEndpoint;
  readonly registry: Registry;
  readonly telemetry: Telemetry;
  readonly apply: Readonly<Record<'admin' | 'logging', Apply>>;
}

/** Answers the port; undefined where the configuration wants no metrics. */
async function serveMetrics({ options, configuration, stack }: RunningOperator, registry: Registry): Promise<number | undefined> {
  if (configuration.telemetry.metrics.prometheus.disable) return undefined;
  const metrics = await startMetricsEndpoint({ host: wildcardAddress(), port: options.metricsPort }, registry);
  stack.defer(() => metrics.close());
  return metrics.port;
}

/** They are up when it resolves, and end with the operator's stack. Rejects in words for people where a port is taken. */
export async function startEndpoints(operator: RunningOperator, controlPlane: ControlPlane, link: ClusterLink): Promise<OperatorEndpoints> {
  const { options, configuration, logging, stack } = operator;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerControlPlaneMetrics(registry, controlPlane);
  registerStatusMetrics(registry, link.writer);
  const health = await startHealthEndpoint({ host: wildcardAddress(), port: options.healthPort });
  stack.defer(() => health.close());
  const metricsPort = await serveMetrics(operator, registry);
  const logger = logging.component('default');
  const { writer } = link;
  const telemetry = await startTelemetry(configuration.telemetry, { registry, controlPlane, writer, version: options.version, logger });
  stack.defer(() => telemetry.close());
  let profiling = configuration.admin.enablePprof;
  const startedAt = new Date().toISOString();
  const sources: AdminSources = {
    info: () => ({ name: 'gatehouse', version: options.version, pid: process.pid, startedAt, problems: link.problems }),
    resources: () => Object.groupBy(controlPlane.statuses(), ({ kind }) => kind) as Record<string, readonly unknown[]>,
    profiling: () => profiling,
  };
  const addressOf = ({ admin: { address } }: EnvoyGateway) => ({ host: address.host, port: options.adminPort ?? address.port });
  const admin = await MovableEndpoint.start((address) => startAdminEndpoint(address, sources), addressOf(configuration));
  stack.defer(() => admin.close());
  logger.info(
    `health on port ${health.port}, ${metricsPort === undefined ? 'no metrics' : `metrics on port ${metricsPort}`}, admin on ${addressOf(configuration).host}:${admin.port}`,
  );
  return {
    health,
    registry,
    telemetry,
    apply: {
      admin: async (next) => {
        profiling = next.admin.enablePprof;
        if (await admin.move(addressOf(next))) logger.info(`admin on ${addressOf(next).host}:${admin.port}`);
      },
      logging: (next) => logging.change(logSettings(options, next)),
    },
  };
}
