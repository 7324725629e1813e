/** What both containers of a pod have in common. */

/** Nothing that the pod security standard "restricted" forbids, and a root file system that nobody writes to. */
export const SECURITY_CONTEXT = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsGroup: 65_532,
  runAsNonRoot: true,
  runAsUser: 65_532,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

const fromPod = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });

/** Who a container is, for its command line and its logs. The zone is written to the annotation by the topology injector. */
export const POD_ENVIRONMENT = [
  fromPod('ENVOY_POD_NAME', 'metadata.name'),
  fromPod('ENVOY_POD_NAMESPACE', 'metadata.namespace'),
  fromPod('ENVOY_SERVICE_ZONE', "metadata.annotations['topology.kubernetes.io/zone']"),
] as const;

const probe = (path: string, port: number) => ({ httpGet: { path, port, scheme: 'HTTP' } });

/** @param readiness how often one is asked, and how often in a row it may fail */
export function probes(path: string, port: number, readiness: { readonly periodSeconds: number; readonly failureThreshold: number }) {
  return {
    // Five minutes to start, as in the contract; asked every second, because a pod serves no sooner than it is asked.
    startupProbe: { ...probe(path, port), periodSeconds: 1, failureThreshold: 300 },
    readinessProbe: { ...probe(path, port), ...readiness },
    livenessProbe: { ...probe(path, port), periodSeconds: 10, failureThreshold: 3 },
  };
}
