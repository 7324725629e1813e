import type { ReferenceGrant } from '../../crds/gateway-api/reference-grant.ts';
import type { Collection, Fetch, Index } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';

/** Who refers. */
export interface Referrer {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
}

/** What is referred to. */
export interface Target extends Referrer {
  readonly name: string;
}

/** Whether `from` may refer to `to`. The only gate for references across namespaces; inside a namespace everything may. */
export type MayRefer = (fetch: Fetch, from: Referrer, to: Target) => boolean;

const pair = (from: Referrer, to: Omit<Target, 'name'>): string =>
  [from.group, from.kind, from.namespace, to.group, to.kind, to.namespace].join('|');

/** Every (from, to) that a grant speaks of, with the namespaces filled in: the grant's own namespace is what it opens. */
function pairsOf(grant: ReferenceGrant): readonly string[] {
  const namespace = grant.metadata.namespace ?? '';
  return grant.spec.from.flatMap((from) => grant.spec.to.map((to) => pair(from, { group: to.group, kind: to.kind, namespace })));
}

/** Filed by (from, to), so that a grant wakes only those who ask for that pair (GEP-709). */
export function referenceGate(graph: Graph, grants: Collection<ReferenceGrant>): MayRefer {
  const byPair: Index<ReferenceGrant> = graph.index('referenceGrantsByPair', grants, pairsOf);
  return (fetch, from, to) => from.namespace === to.namespace || fetch.by(byPair, pair(from, to)).some((grant) => opens(grant, from, to));
}

const opens = (grant: ReferenceGrant, from: Referrer, to: Target): boolean =>
  grant.metadata.namespace === to.namespace &&
  grant.spec.from.some((each) => each.group === from.group && each.kind === from.kind && each.namespace === from.namespace) &&
  grant.spec.to.some((each) => each.group === to.group && each.kind === to.kind && (each.name ?? to.name) === to.name);
