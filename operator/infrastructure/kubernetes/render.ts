import { isObject } from '../../../crds/json-schema.ts';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { serviceNameOf } from '../../../translators/gateway-api/proxy/fellows.ts';
import type { InfraNode } from '../../../translators/ir/infra-node.ts';
import type { Problem } from '../../../translators/ir/problem.ts';
import type { Result } from '../../../translators/ir/result.ts';
import { ok, refused } from '../../../translators/ir/result.ts';
import { autoscaler } from './autoscaler.ts';
import { configMap } from './config-map.ts';
import { daemonSet } from './daemon-set.ts';
import { deployment } from './deployment.ts';
import { disruptionBudget } from './disruption-budget.ts';
import { type FleetContext, fleetContext, type Manifest, type RenderOptions } from './fleet-context.ts';
import { stillAsking } from './named-addresses.ts';
import { patched } from './patched.ts';
import { service } from './service.ts';
import { serviceAccount } from './service-account.ts';

/** The one thing beside the fleet that a caller has to know. */
export type { RenderOptions } from './fleet-context.ts';

/**
 * The objects of a fleet, whole, in the order in which they are applied: ServiceAccount, ConfigMap, Deployment or DaemonSet, Service,
 * HorizontalPodAutoscaler, PodDisruptionBudget. Pure: the same fleet, the same objects. Refused, with a Problem that names the EnvoyProxy
 * and the field, where the user's changes cannot be made: what is there then stays as it is.
 */
export function renderFleet(infra: InfraNode, options: RenderOptions): Result<readonly KubernetesObject[]> {
  const context = fleetContext(infra, options);
  if (infra.problem !== undefined) return refused(infra.problem);
  if (infra.proxy.provider?.type === 'Host') return refused(hostProxies(infra));
  const unfit = unfitServiceName(context);
  if (unfit !== undefined) return refused(unfit);
  const results = [workload(context), balancer(context), ...optional(context)];
  const objects: Manifest[] = [serviceAccount(context), configMap(context)];
  for (const result of results) {
    if (!result.ok) return result;
    objects.push(result.value);
  }
  return ok(objects);
}

/** What the API server takes as the name of a Service (DNS label of RFC 1035); Gateways may have longer ones, with dots, and begin with a digit. */
const SERVICE_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** With the controller, names are made so that they fit. */
function unfitServiceName({ infra }: FleetContext): Problem | undefined {
  const name = serviceNameOf(infra);
  if (infra.namespace === undefined || SERVICE_NAME.test(name)) return undefined;
  return {
    type: 'Programmed',
    reason: 'Invalid',
    message: `Service ${infra.namespace}/${name} cannot be made: the name of a Service has at most 63 characters of a-z, 0-9 and -, and begins with a letter. Rename the Gateway, or choose another name in spec.provider.kubernetes.envoyService.name of its EnvoyProxy.`,
  };
}

const hostProxies = ({ proxyFrom }: InfraNode): Problem => ({
  type: 'Accepted',
  reason: 'InvalidParameters',
  message: `${proxyFrom.join(' over ')} is not valid: Field spec.provider.type: Host is for a controller that runs proxies on its own machine; this one makes them in Kubernetes, so use Kubernetes.`,
});

function balancer(context: FleetContext): Result<Manifest> {
  const changed = patched(context, 'envoyService', service(context));
  return changed.ok ? stillAsking(context, changed.value) : changed;
}

function workload(context: FleetContext): Result<Manifest> {
  const [field, rendered] =
    context.kubernetes.envoyDaemonSet === undefined
      ? (['envoyDeployment', deployment(context)] as const)
      : (['envoyDaemonSet', daemonSet(context)] as const);
  if (!rendered.ok) return rendered;
  const workload = patched(context, field, rendered.value);
  return workload.ok && context.kubernetes.envoyHpa !== undefined ? ok(withoutReplicas(workload.value)) : workload;
}

/** An autoscaler's number is its own, whatever a patch says. */
function withoutReplicas(manifest: Manifest): Manifest {
  if (!isObject(manifest.spec)) return manifest;
  const { replicas: _, ...spec } = manifest.spec;
  return { ...manifest, spec };
}

function optional(context: FleetContext): readonly Result<Manifest>[] {
  const scaler = autoscaler(context);
  const budget = disruptionBudget(context);
  return [
    ...(scaler === undefined ? [] : [patched(context, 'envoyHpa', scaler)]),
    ...(budget === undefined ? [] : [patched(context, 'envoyPDB', budget)]),
  ];
}
