import type { ClientValidation } from '../gateway-api/client-validation.ts';
import type { FleetIdentity } from '../gateway-api/fleet-identity.ts';
import type { ListenerCertificates } from '../gateway-api/listener-certificates.ts';
import type { PortVerdict } from '../gateway-api/listener-conflicts.ts';
import type { GatewayListener, RouteKind } from '../gateway-api/listeners.ts';
import type { TlsOverlap } from '../gateway-api/overlapping-tls.ts';
import type { ServingListener } from '../gateway-api/serving-listeners.ts';
import type { Collection, Fetch } from '../graph/collection.ts';
import { type ConditionNode, conditionOf, type Draft, fails, holds, stamped } from './condition.ts';

export interface ListenerStatus {
  readonly name: string;
  readonly supportedKinds: readonly RouteKind[];
  readonly attachedRoutes: number;
  readonly conditions: readonly ConditionNode[];
}

/** What a listener's status is made from. */
export interface ListenerSources {
  readonly listeners: Collection<GatewayListener>;
  readonly conflicts: Collection<PortVerdict>;
  readonly certificates: Collection<ListenerCertificates>;
  readonly validations: Collection<ClientValidation>;
  readonly overlaps: Collection<TlsOverlap>;
  readonly serving: Collection<ServingListener>;
  readonly identities: Collection<FleetIdentity>;
  readonly attachedRouteCounts: Collection<number>;
}

/** What the proxies make of it: nothing to say, or why it is not programmed. */
export type Delivery = Draft | undefined;

export function listenerStatus(
  sources: ListenerSources,
  fetch: Fetch,
  listener: GatewayListener,
  at: { readonly generation: number | undefined; readonly delivery: Delivery },
): ListenerStatus {
  const conflict = fetch.one(sources.conflicts, listener.key)?.conflict;
  const certificates = fetch.one(sources.certificates, listener.key);
  const validation = fetch.one(sources.validations, listener.key);
  const problems = [...listener.problems, ...(certificates?.problems ?? []), ...(validation?.problems ?? [])];
  const serves = fetch.one(sources.serving, listener.key) !== undefined;
  const accepted = conditionOf('Accepted', problems, holds('Accepted', 'Accepted', 'Listener has been accepted.'));
  const conditions: readonly Draft[] = [
    conflict === undefined ? accepted : fails('Accepted', conflict.reason, conflict.message),
    programmed(serves, at.delivery),
    conditionOf('ResolvedRefs', problems, holds('ResolvedRefs', 'ResolvedRefs', 'All references of the listener are resolved.')),
    conflict === undefined
      ? fails('Conflicted', 'NoConflicts', 'No other listener claims its port and hostname.')
      : holds('Conflicted', conflict.reason, conflict.message),
    ...overlapping(fetch.one(sources.overlaps, listener.key)),
  ];
  return {
    name: listener.name,
    supportedKinds: listener.supportedKinds,
    attachedRoutes: fetch.one(sources.attachedRouteCounts, listener.key) ?? 0,
    conditions: stamped(conditions, at.generation),
  };
}

/** A warning, and never said to be False (ListenerConditionOverlappingTLSConfig). */
function overlapping(overlap: TlsOverlap | undefined): readonly Draft[] {
  if (overlap === undefined) return [];
  const [what, whose] = overlap.reason === 'OverlappingHostnames' ? ['hostname', 'that'] : ['certificate', 'hosts'];
  const others = `listener${overlap.others.length === 1 ? '' : 's'} ${overlap.others.join(', ')}`;
  return [
    holds(
      'OverlappingTLSConfig',
      overlap.reason,
      `Its ${what} meets ${whose} of ${others}, so that clients may use one connection for both; a request on a connection that was made for another listener gets a 421, and HTTP/2 stays on.`,
    ),
  ];
}

function programmed(serves: boolean, delivery: Delivery): Draft {
  if (!serves) return fails('Programmed', 'Invalid', 'Listener takes no traffic; its other conditions or those of the Gateway say why.');
  return delivery === undefined ? holds('Programmed', 'Programmed', 'Listener is programmed.') : { ...delivery, type: 'Programmed' };
}
