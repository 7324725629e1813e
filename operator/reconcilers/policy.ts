import type { BackendTLSPolicy } from '../../crds/gateway-api/backend-tls-policy.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { Reconciler } from '../gateway-operator.ts';
import type { DesiredAncestor } from '../statuses/desired-status.ts';
import { admitLive } from './admit-live.ts';
import type { ContentRef } from './content-loader.ts';
import { followStatus } from './follow-status.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { contentsOfBackendTlsPolicy } from './referred-contents.ts';
import { watchedKind } from './watched-kinds.ts';

/** The API's limit, others' entries among them (PolicyStatus `ancestors`). */
const MAX_ANCESTORS = 16;

interface OwnAncestors {
  readonly ancestors: readonly DesiredAncestor[];
}

export const backendTlsPolicyReconciler = (context: ReconcileContext): Reconciler =>
  policyReconciler(context, 'BackendTLSPolicy', contentsOfTls);
export const telemetryPolicyReconciler = (context: ReconcileContext): Reconciler => policyReconciler(context, 'XTelemetryPolicy');
export const trafficPolicyReconciler = (context: ReconcileContext): Reconciler => policyReconciler(context, 'XBackendTrafficPolicy');

/**
 * A policy enters, and our entries of its status follow the graph.
 * @param contentsOf what it refers to, which enters before it
 */
function policyReconciler(
  context: ReconcileContext,
  name: 'BackendTLSPolicy' | 'XBackendTrafficPolicy' | 'XTelemetryPolicy',
  contentsOf: (live: KubernetesObject | undefined) => ReadonlySet<ContentRef> = () => new Set(),
): Reconciler {
  const kind = watchedKind(name);
  const { operator, contents, controllerName } = context;
  return {
    kind,
    reconcile: async (key) => {
      await contents.require(`${name} ${key}`, contentsOf(operator.object(kind, key)));
      const live = admitLive(context, kind, key);
      const foreignIn = (written: readonly DesiredAncestor[]): number =>
        written.filter((entry) => entry.controllerName !== controllerName).length;
      await followStatus(context, {
        kind,
        key,
        live,
        // The collections of these kinds hold these entries.
        desired: (object, status) => ({
          ancestors: (status as OwnAncestors).ancestors.slice(0, MAX_ANCESTORS - foreignIn(ancestorsOf(object))),
        }),
        leftover: (object) => (foreignIn(ancestorsOf(object)) < ancestorsOf(object).length ? { ancestors: [] } : undefined),
      });
    },
  };
}

// The API server has checked it against the schema of the kind.
const contentsOfTls = (live: KubernetesObject | undefined): ReadonlySet<ContentRef> =>
  live === undefined ? new Set() : contentsOfBackendTlsPolicy(live as BackendTLSPolicy);

// Parsed JSON of a status that anyone may have written, checked by the API server against the schema.
const ancestorsOf = (live: KubernetesObject): readonly DesiredAncestor[] =>
  (live.status as { readonly ancestors?: readonly DesiredAncestor[] } | undefined)?.ancestors ?? [];
