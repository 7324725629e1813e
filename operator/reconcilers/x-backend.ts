import { MAX_STATUS_ENTRIES, type XBackend } from '../../crds/gateway-api/x-backend.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { Reconciler } from '../gateway-operator.ts';
import type { DesiredAncestor, DesiredStatus } from '../statuses/desired-status.ts';
import { admitLive } from './admit-live.ts';
import type { EntryList } from './entry-list.ts';
import { followStatus } from './follow-status.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { contentsOfXBackend } from './referred-contents.ts';
import { watchedKind } from './watched-kinds.ts';

interface OwnAncestors {
  readonly ancestors: readonly DesiredAncestor[];
}

/** A backend enters with its certificates and Pods, and our entries of its status follow the graph, under the name that the installed definition has for them. */
export function xBackendReconciler(context: ReconcileContext): Reconciler {
  const kind = watchedKind('XBackend');
  const { operator, controlPlane, contents, pods, controllerName, entryList } = context;
  return {
    kind,
    reconcile: async (key) => {
      // The API server has checked it against the schema of the kind.
      const known = operator.object(kind, key) as XBackend | undefined;
      const selects = known?.spec.endpointSelector !== undefined;
      if (selects) await pods.follow(key);
      await contents.require(`XBackend ${key}`, known === undefined ? new Set() : contentsOfXBackend(known));
      const live = admitLive(context, kind, key);
      if (!selects) {
        // Endpoints settle between slices of the rest: until the routes go elsewhere, they go to its Pods.
        await controlPlane.settled();
        pods.leave(key);
      }
      const list = entryList();
      // What is written by another name is dropped, and would be missing each time that one looks.
      if (live !== undefined && list === undefined) return;
      const others = (written: readonly Entry[]): number => written.filter((entry) => entry.controllerName !== controllerName).length;
      await followStatus(context, {
        kind,
        key,
        live,
        // The collection of this kind holds these entries.
        desired: (object, status) =>
          named(list, (status as OwnAncestors).ancestors.slice(0, MAX_STATUS_ENTRIES - others(entriesOf(object, list)))),
        leftover: (object) => (others(entriesOf(object, list)) < entriesOf(object, list).length ? named(list, []) : undefined),
      });
    },
  };
}

interface Entry {
  readonly controllerName?: string;
}

const named = (list: EntryList | undefined, entries: readonly DesiredAncestor[]): DesiredStatus =>
  list === 'parents'
    ? {
        parents: entries.map(({ ancestorRef, controllerName = '', conditions }) => ({
          parentRef: ancestorRef,
          controllerName,
          conditions,
        })),
      }
    : { ancestors: entries };

// Boundary: parsed JSON of a status that anyone may have written, checked by the API server against the schema.
const entriesOf = (live: KubernetesObject, list: EntryList | undefined): readonly Entry[] =>
  (list && (live.status as Partial<Record<EntryList, readonly Entry[]>> | undefined)?.[list]) ?? [];
