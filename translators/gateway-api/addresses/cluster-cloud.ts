import type { Node } from '../../../crds/kubernetes/node.ts';
import type { Collection, Fetch, First } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Inputs } from '../../inputs.ts';
import { compareText } from '../age.ts';

/** The Node that tells in which cloud the cluster is, at one key: the first by name, of those with a `spec.providerID` if there are any. */
export type ClusterClouds = Collection<First<Node>>;

const CLUSTER = 'cluster';

export const clusterClouds = (graph: Graph, nodes: Inputs['nodes']): ClusterClouds =>
  graph.first('clusterClouds', nodes, { by: () => [CLUSTER], orderBy: (a, b) => rank(a) - rank(b) || compareText(nameOf(a), nameOf(b)) });

const rank = (node: Node): number => (idOf(node) === '' ? 1 : 0);
const idOf = ({ spec }: Node): string => spec.providerID ?? '';
const nameOf = ({ metadata }: Node): string => metadata.name;

/** What is known of the cloud. */
export interface KnownCloud {
  /** What `spec.providerID` begins with, as `gce`; undefined: it is not known. */
  readonly scheme?: string;
  /** How it is known, or why it is not: names the object, without a full stop. */
  readonly because: string;
}

/** Looks at Nodes: only for Gateways that have to know. */
export function knownCloud(fetch: Fetch, clouds: ClusterClouds, unreadable: Inputs['unreadable']): KnownCloud {
  const node = fetch.one(clouds, CLUSTER)?.winner;
  if (node === undefined) return { because: fetch.one(unreadable, 'Node') ?? 'there is no Node, whose spec.providerID would tell' };
  const [scheme = '', rest] = idOf(node).split('://');
  const name = `Node ${nameOf(node)}`;
  if (scheme === '' || rest === undefined) return { because: `${name} has no spec.providerID that begins with a cloud, as gce://` };
  return { scheme, because: `spec.providerID of ${name} begins with ${scheme}://` };
}
