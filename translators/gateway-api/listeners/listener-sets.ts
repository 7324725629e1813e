import type { Gateway } from '../../../crds/gateway-api/gateway.ts';
import type { ListenerSet } from '../../../crds/gateway-api/listener-set.ts';
import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { refOf } from '../../ir/object-key.ts';
import type { Problem } from '../../ir/problem.ts';
import { type Age, ageOf } from '../age.ts';
import type { OwnedGateway } from '../owned-gateways.ts';
import { type AllowedNamespaces, allowsNamespace, type NamespaceLabels } from './allowed-namespaces.ts';
import { type GatewayListener, type ListenerOwner, listenersOf } from './listeners.ts';

/** What ListenerSets need to know of their Gateway, and nothing more: an edit of its own listeners wakes none of them. */
export interface SetParent {
  readonly gateway: string;
  readonly fleet: string;
  readonly namespace: string;
  readonly age: Age;
  readonly allowed: AllowedNamespaces;
  readonly tls: Gateway['spec']['tls'];
  /** Set: it is not accepted. */
  readonly problem: Problem | undefined;
  /** Set: nothing of it is programmed. */
  readonly refusal: Problem | undefined;
}

/** A ListenerSet that names a Gateway of ours. */
export interface OwnedListenerSet extends ListenerOwner {
  readonly key: string;
  readonly generation: number | undefined;
  /** Set: it is not accepted. */
  readonly problem: Problem | undefined;
  /** The Gateway lets it in, so that its listeners are the Gateway's too. */
  readonly allowed: boolean;
  readonly listeners: ListenerSet['spec']['listeners'];
}

const GATEWAY_API = 'gateway.networking.k8s.io';
const NONE: AllowedNamespaces = { from: 'None' };

/** Keyed by Gateway. */
export const setParents = (graph: Graph, gateways: Collection<OwnedGateway>): Collection<SetParent> =>
  graph.derive('listenerSetParents', gateways, function* ({ key, fleet, namespace, age, spec, problem, refusal }) {
    yield [
      key,
      { gateway: key, fleet, namespace, age, allowed: spec.allowedListeners?.namespaces ?? NONE, tls: spec.tls, problem, refusal },
    ];
  });

export function ownedListenerSets(
  graph: Graph,
  sets: Collection<ListenerSet>,
  parents: Collection<SetParent>,
  labels: NamespaceLabels,
): Collection<OwnedListenerSet> {
  return graph.derive('ownedListenerSets', sets, function* (set, fetch, key) {
    const gateway = gatewayOfSet(set);
    const parent = gateway === undefined ? undefined : fetch.one(parents, gateway);
    if (parent === undefined) return;
    const namespace = set.metadata.namespace ?? '';
    const allowed = allowsNamespace({ ...parent.allowed, home: parent.namespace }, namespace, fetch, labels);
    yield [
      key,
      {
        key,
        gateway: parent.gateway,
        fleet: parent.fleet,
        gatewayAge: parent.age,
        setAge: ageOf(set),
        tls: parent.tls,
        generation: set.metadata.generation,
        problem: allowed ? notAccepted(parent) : notAllowed(parent, namespace),
        refusal: parent.refusal,
        allowed,
        listeners: set.spec.listeners,
        ref: refOf(set),
      },
    ];
  });
}

/** The Gateway that a ListenerSet names, as a key; undefined: it names something else. */
export function gatewayOfSet({ spec: { parentRef }, metadata }: ListenerSet): string | undefined {
  const { group = GATEWAY_API, kind = 'Gateway', namespace = metadata.namespace, name } = parentRef;
  return group === GATEWAY_API && kind === 'Gateway' ? `${namespace}/${name}` : undefined;
}

/** Listeners of the sets that their Gateways let in. */
export const setListeners = (graph: Graph, sets: Collection<OwnedListenerSet>): Collection<GatewayListener> =>
  graph.derive('setListeners', sets, (set) => (set.allowed ? listenersOf(set, set.listeners) : []));

const notAllowed = ({ gateway, namespace: home, allowed }: SetParent, namespace: string): Problem => ({
  type: 'Accepted',
  reason: 'NotAllowed',
  message: `Gateway ${gateway} takes no ListenerSets of namespace ${namespace}: its spec.allowedListeners.namespaces.from is ${allowed.from}; ${
    namespace === home ? 'set it to Same or All' : 'set it to All, or to Selector with the labels of that namespace'
  }.`,
});

const notAccepted = ({ gateway, problem }: SetParent): Problem | undefined =>
  problem && { type: 'Accepted', reason: 'ParentNotAccepted', message: `Gateway ${gateway} is not accepted: ${problem.message}` };
