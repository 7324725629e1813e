import type { SessionPersistence } from '../../../crds/gateway-api/session-persistence.ts';
import { contentHash } from '../../envoy/content-hash.ts';
import { equal } from '../../graph/equal.ts';
import type { ClusterNode } from '../../ir/cluster-node.ts';
import type { BackendShare } from '../../ir/route-node.ts';
import type { Backend } from './backend-ref.ts';

/** A backendRef of a rule, resolved; `backend` is absent where it is invalid. */
export interface ResolvedShare {
  readonly share: BackendShare;
  readonly backend?: Backend;
  /** Sessions that are asked for it. */
  readonly asked?: BackendSessions;
}

/** What a backend, or the policy for it, asks for rules that have none of their own. */
export interface BackendSessions {
  readonly sessions: SessionPersistence;
  /** The object that says so: `XBackendTrafficPolicy <ns>/<name>`. */
  readonly author: string;
}

/** What a rule with sessions sends to. */
export interface SessionBackends {
  readonly shares: readonly BackendShare[];
  readonly uses: readonly Backend[];
}

/**
 * Envoy chooses a weighted cluster before it looks at the session, so that a session would change its backend with every request. Therefore the
 * endpoints of all backends stand in one cluster, a locality for each backend with its weight: a session finds its endpoint there, also that of
 * a backend whose weight is 0 by now (GEP-1619, "Traffic Splitting"). A backend without endpoints leaves its share to the others.
 * @returns undefined where the backends differ in more than their endpoints (protocol, TLS, filters): no one cluster can serve them
 */
export function sessionBackends(resolved: readonly ResolvedShare[]): SessionBackends | undefined {
  const members = resolved.flatMap(({ share, backend }) => (share.kind === 'Cluster' && backend !== undefined ? [{ share, backend }] : []));
  const shares = resolved.map(({ share }) => share);
  const uses = members.map(({ backend }) => backend);
  const [first, ...others] = members;
  if (first === undefined || others.length === 0) return { shares, uses };
  // A name has no endpoints that could stand beside others.
  if (uses.some(({ cluster }) => cluster.dns !== undefined)) return undefined;
  const alike = others.every(({ backend }) => equal(settingsOf(backend.cluster), settingsOf(first.backend.cluster)));
  if (!alike || members.some(({ share }) => share.features.length > 0)) return undefined;
  const weight = members.reduce((sum, { share }) => sum + share.weight, 0);
  const split = splitOf(
    first.backend,
    members.map(({ share, backend }) => ({ ...portOf(backend), weight: share.weight })),
  );
  const invalid = shares.filter((share) => share.kind === 'Invalid');
  return { shares: [{ kind: 'Cluster', cluster: split.cluster.name, weight, features: [] }, ...invalid], uses: [split] };
}

/** Named by what is in it, as every cluster: rules that split alike share it. */
function splitOf(first: Backend, parts: NonNullable<Backend['parts']>): Backend {
  const name = `split/${contentHash(JSON.stringify([settingsOf(first.cluster), parts]))}`;
  return { ...first, cluster: { ...first.cluster, name, loadAssignment: name }, parts };
}

const portOf = ({ namespace, service, imported, external, port }: Backend) => ({
  namespace,
  service,
  ...(imported ? { imported } : {}),
  ...(external ? { external } : {}),
  port,
});

/** All that is not the backend itself. */
function settingsOf({ name: _name, loadAssignment: _loadAssignment, origin: _origin, ...settings }: ClusterNode): object {
  return settings;
}
