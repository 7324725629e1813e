import type { KubernetesDeployment } from '../../../crds/gateway-envoyproxy-io/proxy-kubernetes.ts';
import { isObject, type JsonObject } from '../../../crds/json-schema.ts';
import type { Result } from '../../../translators/ir/result.ts';
import { ok } from '../../../translators/ir/result.ts';
import { envoyContainer, overriding } from './envoy-container.ts';
import { type FleetContext, said } from './fleet-context.ts';
import { STATS_PORT } from './proxy-ports.ts';
import { volumesOf } from './proxy-volumes.ts';
import { serviceAccountName } from './service-account.ts';
import { shutdownTimes } from './shutdown.ts';
import { shutdownManagerContainer } from './shutdown-manager-container.ts';

/** What Deployment and DaemonSet have in common. */
export type WorkloadChoice = Pick<KubernetesDeployment, 'pod' | 'container' | 'initContainers'>;

export function podTemplate(context: FleetContext, { pod = {}, container, initContainers }: WorkloadChoice): Result<object> {
  const { infra } = context;
  const envoy = envoyContainer(context, container);
  if (!envoy.ok) return envoy;
  const annotations = { ...infra.annotations, ...scraping(context), ...pod.annotations };
  return ok({
    metadata: said({
      labels: { ...infra.labels, ...pod.labels, ...infra.selector },
      annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
    }),
    spec: said({
      serviceAccountName: serviceAccountName(infra),
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: shutdownTimes(infra.proxy).graceSeconds,
      securityContext: podSecurity(context, pod.securityContext),
      initContainers,
      containers: [envoy.value, shutdownManagerContainer(context)],
      volumes: overriding(volumesOf(context), pod.volumes ?? [], 'name'),
      affinity: pod.affinity,
      imagePullSecrets: pod.imagePullSecrets,
      nodeSelector: pod.nodeSelector,
      priorityClassName: pod.priorityClassName,
      tolerations: pod.tolerations,
      topologySpreadConstraints: pod.topologySpreadConstraints,
    }),
  });
}

/** By these a Prometheus in the cluster finds the proxies. */
const scraping = ({ infra }: FleetContext): Readonly<Record<string, string>> =>
  infra.proxy.telemetry?.metrics?.prometheus?.disable === true
    ? {}
    : {
        'prometheus.io/scrape': 'true',
        'prometheus.io/path': '/stats/prometheus',
        'prometheus.io/port': String(STATS_PORT),
      };

const ALL_PORTS = { name: 'net.ipv4.ip_unprivileged_port_start', value: '0' } as const;

/** Who wants ports below 1024 gets them without a capability: the sysctl is among those that "restricted" admits. */
function podSecurity({ kubernetes }: FleetContext, own: JsonObject | undefined): JsonObject | undefined {
  if (kubernetes.useListenerPortAsContainerPort !== true) return own;
  const sysctls: unknown = own?.['sysctls'];
  return { ...own, sysctls: overriding([ALL_PORTS], Array.isArray(sysctls) ? sysctls.filter(isObject) : [], 'name') };
}
