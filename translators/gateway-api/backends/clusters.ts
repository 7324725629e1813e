import { encodeCluster } from '../../envoy/encode.ts';
import type { Collection, First, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { PodSelector, SplitPart, WantedAssignment, WantedPart } from '../../inputs.ts';
import type { BackendTls, ClusterNode } from '../../ir/cluster-node.ts';
import type { Proof } from '../certificates/fleet-identity.ts';
import type { ServingListener } from '../listeners/serving-listeners.ts';
import type { Attachment } from '../routes/route-attachment.ts';
import { type FleetResource, sameResource } from '../routes/route-configurations.ts';
import type { RouteRule } from '../routes/route-rule.ts';
import type { Backend } from './backend-ref.ts';

/** A rule's use of a backend in one fleet. */
export interface BackendUse extends Backend {
  readonly fleet: string;
  /** How long a request of the rule may last. */
  readonly longestMs: number;
}

/** Keyed `<route>|<listener>|<rule>|<n>`. */
export function backendUses(
  graph: Graph,
  attached: Collection<First<Attachment>>,
  serving: Collection<ServingListener>,
  rules: Index<RouteRule>,
): Collection<BackendUse> {
  return graph.derive('backendUses', attached, function* ({ winner }, fetch, key) {
    const used = fetch.by(rules, winner.route).filter((rule) => rule.uses.length > 0);
    const listener = used.length === 0 ? undefined : fetch.one(serving, winner.listener);
    if (listener === undefined) return;
    for (const rule of used) {
      for (const [index, backend] of rule.uses.entries()) {
        yield [`${key}|${rule.ordinal}|${index}`, { fleet: listener.fleet, ...backend, longestMs: rule.longestMs }];
      }
    }
  });
}

/** The use that may last longest stands for its cluster. Keyed `<fleet>|<cluster>`. */
export const clusterUses = (graph: Graph, uses: Collection<BackendUse>): Collection<First<BackendUse>> =>
  graph.first('clusterUses', uses, {
    by: (use) => [`${use.fleet}|${use.cluster.name}`],
    orderBy: (a, b) => b.longestMs - a.longestMs,
  });

/** A cluster outlives its last route by the longest request that any of its rules allowed, so that none is cut. */
export const clusters = (
  graph: Graph,
  uses: Collection<First<BackendUse>>,
  /** By fleet. */
  proofs: Collection<Proof>,
): Collection<FleetResource> =>
  graph.derive(
    'clusters',
    uses,
    function* ({ winner: { fleet, cluster, longestMs } }, fetch, key) {
      const proof = cluster.tls === undefined ? undefined : (ownProof(cluster.tls) ?? fetch.one(proofs, fleet));
      yield [key, { fleet, resource: encodeCluster(proven(cluster, proof), longestMs) }];
    },
    { equals: (a, b) => sameResource(a, b) && a.resource.graceMs === b.resource.graceMs },
  );

/** What a backend asks for itself goes before what the fleet has for all (GEP-4894, "Per-Backend Client Certificates"). */
const ownProof = ({ clientCertificate }: BackendTls): Proof | undefined =>
  clientCertificate === undefined ? undefined : { secret: clientCertificate };

/** The cluster as a fleet has it. One that cannot prove itself as its author asked for speaks to no backend over TLS. */
function proven(cluster: ClusterNode, proof: Proof | undefined): ClusterNode {
  if (proof === undefined) return cluster;
  return proof === 'missing' ? { ...cluster, isShut: true } : { ...cluster, clientCertificate: proof.secret };
}

/**
 * What the endpoints' graph is asked for, with the selectors of XBackends (by key): so that these change with the routes, and an XBackend that leads elsewhere
 * keeps its Pods until the routes go there. Keyed `<fleet>|<load assignment>`.
 */
export function wantedAssignments(
  graph: Graph,
  uses: Collection<BackendUse>,
  selectors: Collection<PodSelector>,
): Collection<WantedAssignment> {
  const perAssignment = graph.first('assignmentUses', uses, {
    // What is looked up by name has none.
    by: ({ fleet, cluster }) => (cluster.dns === undefined ? [`${fleet}|${cluster.loadAssignment}`] : []),
  });
  return graph.derive('wantedAssignments', perAssignment, function* ({ winner }, fetch, key) {
    const { fleet, cluster, namespace, service, imported, external, port, transport, parts } = winner;
    const selected = <T extends Pick<SplitPart, 'namespace' | 'service' | 'external'>>(part: T): T & Pick<WantedPart, 'selector'> => {
      const selector = part.external ? fetch.one(selectors, `${part.namespace}/${part.service}`) : undefined;
      return selector === undefined ? part : { ...part, selector };
    };
    const kind = { ...(imported ? { imported } : {}), ...(external ? { external } : {}) };
    const backend = { fleet, name: cluster.loadAssignment, namespace, service, ...kind, port, transport };
    yield [key, parts === undefined ? selected(backend) : { ...backend, parts: parts.map(selected) }];
  });
}
