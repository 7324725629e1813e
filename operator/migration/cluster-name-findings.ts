import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Finding, subject } from './finding.ts';

/** Envoy Gateway calls a cluster by the place of a rule; a route goes on to its match, and keeps its name here (decision 3). */
const OLD_CLUSTER = /\b(?:http|grpc|tcp|tls|udp)route\/[a-z0-9.-]+\/[a-z0-9.-]+\/rule\/-?\d+(?!\/match|\d)/g;

/** Kinds that name clusters only because a machine wrote them. */
const WRITTEN_BY_MACHINES: ReadonlySet<string> = new Set(['Deployment', 'DaemonSet', 'EndpointSlice', 'Secret', 'Pod']);

const MESSAGE =
  'Envoy clusters are called service/<namespace>/<service>/<port> here, and httproute/<namespace>/<name>/rule/<number> by Envoy Gateway, in metrics, logs and patches. Listeners, route configurations, virtual hosts and routes keep their names.';
const CURE = 'Search dashboards, alerts, log queries and patches for "route/", and name the clusters of the Services instead.';

/** What names clusters as Envoy Gateway does. */
export function clusterNameFindings(objects: readonly KubernetesObject[]): readonly Finding[] {
  return objects
    .filter(({ kind }) => !WRITTEN_BY_MACHINES.has(kind))
    .flatMap((object): readonly Finding[] => {
      const { status: _status, metadata: _metadata, ...own } = object;
      const names = [...new Set(JSON.stringify(own).match(OLD_CLUSTER) ?? [])];
      if (names.length === 0) return [];
      const message = `It names clusters as Envoy Gateway does (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}). ${MESSAGE}`;
      return [{ severity: 'differs', code: 'ClusterNames', object: subject(object), message, cure: CURE }];
    });
}

/** Said once a class, because what names clusters is mostly not in the cluster. */
export const clusterNamesOfClass = (name: string): Finding => ({
  severity: 'differs',
  code: 'ClusterNames',
  object: { kind: 'GatewayClass', name },
  message: MESSAGE,
  cure: CURE,
});
