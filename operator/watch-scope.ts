import type { WatchSettings } from '../crds/gateway-envoyproxy-io/controller-cluster.ts';
import type { LabelSelector } from '../crds/object-meta.ts';
import type { ResourceKind } from './cluster/resource-kind.ts';

/** Which namespaces objects are taken from. Objects without a namespace are always taken. */
export type WatchScope =
  | { readonly type: 'All' }
  /** Each is followed for itself: rights in these namespaces are enough. */
  | { readonly type: 'Namespaces'; readonly namespaces: readonly string[] }
  /** All are followed, and those are taken whose labels match, and `always`. */
  | { readonly type: 'NamespaceSelector'; readonly selector: LabelSelector; readonly always: string };

/** What a reflector follows: a namespace, or the whole cluster. */
export type Place = string;
export const WHOLE_CLUSTER: Place = '';

/** EnvoyGateway's `watch`; the controller's own namespace always belongs to it. */
export function watchScopeOf(watch: WatchSettings | undefined, controllerNamespace: string): WatchScope {
  switch (watch?.type) {
    case 'Namespaces':
      return { type: 'Namespaces', namespaces: [...new Set([controllerNamespace, ...(watch.namespaces ?? [])])] };
    case 'NamespaceSelector':
      return { type: 'NamespaceSelector', selector: watch.namespaceSelector ?? {}, always: controllerNamespace };
    case undefined:
      return { type: 'All' };
  }
}

export const placesOf = (scope: WatchScope, kind: ResourceKind): readonly Place[] =>
  scope.type === 'Namespaces' && kind.namespaced ? scope.namespaces : [WHOLE_CLUSTER];
