import type { Namespace } from '../../../crds/kubernetes/namespace.ts';
import type { LabelSelector } from '../../../crds/object-meta.ts';
import type { Collection, Fetch } from '../../graph/collection.ts';
import { matchesLabels } from '../label-selector.ts';
import { unreadableIn } from '../unreadable.ts';

/** Whom an object lets in: `allowedRoutes.namespaces` of a listener, `allowedListeners.namespaces` of a Gateway. */
export interface AllowedNamespaces {
  readonly from: 'All' | 'None' | 'Same' | 'Selector';
  readonly selector?: LabelSelector;
}

export interface NamespaceLabels {
  readonly namespaces: Collection<Namespace>;
  readonly unreadable: Collection<string>;
}

/** @param home the namespace of who lets in, which `Same` means */
export function allowsNamespace(
  { from, selector, home }: AllowedNamespaces & { readonly home: string },
  namespace: string,
  fetch: Fetch,
  labels: NamespaceLabels,
): boolean {
  switch (from) {
    case 'All':
      return true;
    case 'None':
      return false;
    case 'Selector': {
      const found = fetch.one(labels.namespaces, namespace);
      if (found === undefined || selector === undefined) return false;
      // What is not there and what is not known look alike, so that NotIn would let in what it should keep out.
      if (fetch.one(labels.unreadable, unreadableIn('Namespace', namespace)) !== undefined && !asksForNameOnly(selector)) return false;
      return matchesLabels(selector, found.metadata.labels ?? {});
    }
    case 'Same':
      return namespace === home;
  }
}

/** The label that Kubernetes puts on every namespace. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

const asksForNameOnly = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)].every((key) => key === NAME_LABEL);
