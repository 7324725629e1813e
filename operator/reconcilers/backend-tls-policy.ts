import type { BackendTLSPolicy } from '../../crds/gateway-api/backend-tls-policy.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Reconciler } from '../gateway-operator.ts';
import type { DesiredAncestor } from '../statuses/desired-status.ts';
import { admitLive } from './admit-live.ts';
import type { ContentRef } from './content-loader.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { contentsOfBackendTlsPolicy } from './referred-contents.ts';
import { watchedKind } from './watched-kinds.ts';

/** The API's limit, others' entries among them (PolicyStatus `ancestors`). */
const MAX_ANCESTORS = 16;

/** A policy enters with its CA certificates, and our entries of its status follow the graph. */
export function backendTlsPolicyReconciler(context: ReconcileContext): Reconciler {
  const kind = watchedKind('BackendTLSPolicy');
  const { operator, controlPlane, writer, contents, controllerName } = context;
  return {
    kind,
    reconcile: async (key) => {
      await contents.require(`BackendTLSPolicy ${key}`, contentsOf(operator.object(kind, key)));
      const live = admitLive(context, kind, key);
      if (!controlPlane.isOpen) return;
      await controlPlane.settled();
      const desired = live && desiredAncestors(controlPlane, key);
      const written = live === undefined ? [] : ancestorsOf(live);
      const foreign = written.filter((entry) => entry.controllerName !== controllerName);
      if (live !== undefined && desired !== undefined) {
        const ancestors = desired.slice(0, MAX_ANCESTORS - foreign.length);
        writer.put(kind, key, { ancestors });
        context.teller.tell(live, { ancestors });
        return;
      }
      context.teller.forget(kind.kind, key);
      if (foreign.length < written.length) writer.put(kind, key, { ancestors: [] });
      else writer.forget(kind, key);
    },
  };
}

// The API server has checked it against the schema of the kind.
const contentsOf = (live: KubernetesObject | undefined): ReadonlySet<ContentRef> =>
  live === undefined ? new Set() : contentsOfBackendTlsPolicy(live as BackendTLSPolicy);

// The collection of that kind holds these entries.
const desiredAncestors = (controlPlane: ControlPlane, key: string): readonly DesiredAncestor[] | undefined =>
  (controlPlane.status('BackendTLSPolicy', key) as { readonly ancestors: readonly DesiredAncestor[] } | undefined)?.ancestors;

// Parsed JSON of a status that anyone may have written, checked by the API server against the schema.
const ancestorsOf = (live: KubernetesObject): readonly DesiredAncestor[] =>
  (live.status as { readonly ancestors?: readonly DesiredAncestor[] } | undefined)?.ancestors ?? [];
