import type { SessionPersistence } from '../../../crds/gateway-api/session-persistence.ts';
import { isTimeless, resolveSession } from '../../features/session-persistence/session-persistence.ts';
import type { Fetch } from '../../graph/collection.ts';
import type { Inputs } from '../../inputs.ts';
import { whyOutdated, whyUnreadable } from '../unreadable.ts';
import type { ExternalPlace } from './external-backends.ts';

const FIELD = 'spec.sessionPersistence';

/** An XBackend of type EndpointSelector leads to Pods of its own namespace, whichever there are. */
export function selectedPlace(
  sessions: SessionPersistence | undefined,
  namespace: string,
  { unreadable }: Pick<Inputs, 'unreadable'>,
  fetch: Fetch,
): ExternalPlace {
  const why = whyUnreadable(fetch, unreadable, 'Pod', namespace);
  if (why !== undefined)
    return { ok: false, accepted: 'PodsUnreadable', reason: 'BackendNotFound', why: `selects Pods, which cannot be read: ${why}.` };
  const session = sessions && resolveSession(sessions, { field: FIELD });
  if (session?.ok === false)
    return { ok: false, accepted: 'UnsupportedValue', reason: 'InvalidBackendRef', why: `has unfit sessions: ${session.problem.message}` };
  const outdated = whyOutdated(fetch, unreadable, 'Pod', namespace);
  const notes = [
    ...(outdated === undefined ? [] : [`Its Pods are those that were seen last: ${outdated}.`]),
    ...(sessions !== undefined && isTimeless(sessions)
      ? [`Field ${FIELD}.absoluteTimeout has no effect, since a header holds no time.`]
      : []),
  ];
  return { ok: true, place: { hostname: undefined, ...(sessions === undefined ? {} : { sessions }) }, notes };
}
