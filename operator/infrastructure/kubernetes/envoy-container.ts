import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { KubernetesDeployment } from '../../../crds/gateway-envoyproxy-io/proxy-kubernetes.ts';
import type { Result } from '../../../translators/ir/result.ts';
import { ok } from '../../../translators/ir/result.ts';
import { unknownFieldFlags } from '../unknown-fields.ts';
import { POD_ENVIRONMENT, probes, SECURITY_CONTEXT } from './container.ts';
import { fleetBootstrap } from './fleet-bootstrap.ts';
import type { FleetContext } from './fleet-context.ts';
import { READY_PORT, SHUTDOWN_PORT, STATS_PORT } from './proxy-ports.ts';
import { mountsOf } from './proxy-volumes.ts';
import { shutdownTimes } from './shutdown.ts';

type ContainerChoice = NonNullable<KubernetesDeployment['container']>;

const REQUESTS = { requests: { cpu: '100m', memory: '512Mi' } } as const;

/** The proxy. */
export function envoyContainer(context: FleetContext, choice: ContainerChoice = {}): Result<object> {
  const { infra, options } = context;
  const resources = choice.resources ?? REQUESTS;
  const bootstrap = fleetBootstrap(context, resources);
  if (!bootstrap.ok) return bootstrap;
  return ok({
    name: 'envoy',
    image: imageOf(choice, options.envoyImage),
    imagePullPolicy: 'IfNotPresent',
    command: ['envoy'],
    args: argumentsOf(infra.fleet, infra.proxy, bootstrap.value),
    env: overriding(POD_ENVIRONMENT, choice.env ?? [], 'name'),
    lifecycle: { preStop: { httpGet: { path: '/shutdown/ready', port: SHUTDOWN_PORT, scheme: 'HTTP' } } },
    ports: portsOf(context),
    ...probes('/ready', READY_PORT, { periodSeconds: 5, failureThreshold: 1 }),
    resources,
    securityContext: choice.securityContext ?? SECURITY_CONTEXT,
    volumeMounts: overriding(mountsOf(context), choice.volumeMounts ?? [], 'mountPath'),
  });
}

/** Contract C.4: identity first, what the user adds last. */
function argumentsOf(fleet: string, proxy: EnvoyProxySpec, bootstrap: string): readonly string[] {
  const { default: level = 'warn', ...components } = proxy.logging.level;
  const levels = Object.entries({ misc: 'error', ...components }).map(([component, each]) => `${component}:${each}`);
  return [
    ...['--service-cluster', fleet, '--service-node', '$(ENVOY_POD_NAME)', '--config-yaml', bootstrap],
    ...['--log-level', level, '--component-log-level', levels.sort().join(',')],
    ...(proxy.concurrency === undefined ? ['--cpuset-threads'] : ['--concurrency', String(proxy.concurrency)]),
    ...['--drain-strategy', 'immediate', '--drain-time-s', String(shutdownTimes(proxy).drainSeconds)],
    ...unknownFieldFlags(proxy.extraArgs),
    ...(proxy.extraArgs ?? []),
  ];
}

/** A repository takes the place of the one that the release names; its tag stays. */
function imageOf({ image, imageRepository }: ContainerChoice, released: string): string {
  if (image !== undefined) return image;
  if (imageRepository === undefined) return released;
  const [, version = ''] = /((?::[^/:@]+)?(?:@.+)?)$/.exec(released) ?? [];
  return `${imageRepository}${version}`;
}

/** The listeners' ports are not among them: naming a port opens nothing, and every new listener would replace all pods. */
function portsOf({ infra }: FleetContext) {
  const metrics = infra.proxy.telemetry?.metrics?.prometheus?.disable !== true;
  return [
    ...(metrics ? [{ name: 'metrics', containerPort: STATS_PORT, protocol: 'TCP' }] : []),
    { name: 'readiness', containerPort: READY_PORT, protocol: 'TCP' },
  ];
}

type Item = Readonly<Record<string, unknown>>;

/** Ours, with the user's of the same key in their place, and then the rest of the user's. */
export function overriding(ours: readonly Item[], theirs: readonly Item[], key: string): readonly Item[] {
  return [...new Map([...ours, ...theirs].map((item) => [item[key], item])).values()];
}
