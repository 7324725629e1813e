import type { Pod } from '../../../crds/kubernetes/pod.ts';
import type { Collection, Fetch, First } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { PodSelector, WantedAssignment } from '../../inputs.ts';
import { compareText } from '../age.ts';
import { type PodEndpoint, podEndpoint } from './pod-endpoint.ts';

export type FindPods = (fetch: Fetch, selector: PodSelector) => readonly PodEndpoint[];

/** A selector that something wants, under its key. */
interface Selection extends PodSelector {
  readonly key: string;
}

interface SelectedPod extends PodEndpoint {
  /** Key of the selection. */
  readonly selection: string;
}

/**
 * The Pods of each selector that some load assignment wants. It is the Pod that looks for its selectors and not the other way round: so one Pod's
 * change costs what the Pod has labels, however many Pods and selectors there are.
 */
export function selectedPods(graph: Graph, pods: Collection<Pod>, backends: Collection<WantedAssignment>): FindPods {
  const wanted = graph.first('wantedSelectors', backends, { by: (backend) => [...new Set(selectorsOf(backend).map(selectionKey))] });
  const selections = graph.derive('podSelections', wanted, selectionOf);
  const byLabel = graph.index('selectionsByLabel', selections, ({ namespace, labels }) => {
    const label = mostTelling(labels);
    return label === undefined ? [] : [labelKey(namespace, label)];
  });
  const selected = graph.derive('selectedPods', pods, function* (pod, fetch, key): Iterable<readonly [string, SelectedPod]> {
    const endpoint = podEndpoint(pod);
    if (endpoint === undefined) return;
    const { labels = {}, namespace = '' } = pod.metadata;
    for (const label of Object.entries(labels)) {
      for (const selection of fetch.by(byLabel, labelKey(namespace, label)))
        if (takes(selection, labels)) yield [`${selection.key}|${key}`, { selection: selection.key, ...endpoint }];
    }
  });
  const bySelection = graph.group('podsBySelection', selected, { by: ({ selection }) => [selection] });
  return (fetch, selector) => fetch.one(bySelection, selectionKey(selector))?.members ?? [];
}

type Label = readonly [name: string, value: string];

const selectorsOf = ({ selector, parts = [] }: WantedAssignment): readonly PodSelector[] =>
  [{ selector }, ...parts].flatMap((each) => each.selector ?? []);

/** The same for the same labels, in whatever order they are written. */
const selectionKey = ({ namespace, labels }: PodSelector): string =>
  JSON.stringify([namespace, ...Object.entries(labels).sort(([a], [b]) => compareText(a, b))]);

function* selectionOf({ key, winner }: First<WantedAssignment>): Iterable<readonly [string, Selection]> {
  const selector = selectorsOf(winner).find((each) => selectionKey(each) === key);
  if (selector !== undefined) yield [key, { key, namespace: selector.namespace, labels: selector.labels }];
}

const labelKey = (namespace: string, [name, value]: Label): string => `${namespace}|${name}=${value}`;

/** The one label that a selector is filed under. Long values (`checkout-api`) are shared by fewer selectors than short ones (`web`). */
const mostTelling = (labels: PodSelector['labels']): Label | undefined =>
  Object.entries(labels).sort(([a, x], [b, y]) => y.length - x.length || compareText(a, b))[0];

const takes = ({ labels: wanted }: Selection, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);
