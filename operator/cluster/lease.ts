import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { ResourceKind } from './resource-kind.ts';

export const LEASE: ResourceKind = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true };

/** Where the other replicas reach the leader: `host:port` of its xDS server. */
export const LEADER_ADDRESS = 'gateway.envoyproxy.io/leader-address';

/** What a Lease says; a copy of one moment. */
export interface LeaseRecord {
  /** Changes with every write, and with nothing else. */
  readonly resourceVersion: string;
  /** Undefined: it was given back. */
  readonly holder: string | undefined;
  /** How long others have to see it unchanged before they may take it. Milliseconds; undefined where it does not say. */
  readonly durationMs: number | undefined;
  readonly transitions: number;
  readonly address: string | undefined;
}

/** Of coordination.k8s.io/v1 LeaseSpec. */
interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
}

export function parseLease({ metadata, spec }: KubernetesObject): LeaseRecord {
  // The API server has checked it.
  const { holderIdentity, leaseDurationSeconds, leaseTransitions } = (spec ?? {}) as LeaseSpec;
  return {
    resourceVersion: metadata.resourceVersion ?? '',
    holder: holderIdentity === '' ? undefined : holderIdentity,
    durationMs: leaseDurationSeconds === undefined ? undefined : leaseDurationSeconds * 1000,
    transitions: leaseTransitions ?? 0,
    address: metadata.annotations?.[LEADER_ADDRESS],
  };
}

/** What a holder writes. */
export interface LeaseClaim {
  readonly holder: string;
  readonly address: string | undefined;
  readonly durationMs: number;
  /** What there was; undefined: no Lease. */
  readonly before: LeaseRecord | undefined;
  /** metav1.MicroTime, for people; another one in each claim, or a renewal would change nothing. */
  readonly time: string;
}

/** The body of a merge patch; `null` takes a field away. */
export function claimBody({ holder, address, durationMs, before, time }: LeaseClaim): LeasePatch {
  const isRenewal = before?.holder === holder;
  return {
    metadata: { annotations: { [LEADER_ADDRESS]: address ?? null } },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: Math.max(1, Math.ceil(durationMs / 1000)),
      renewTime: time,
      ...(isRenewal ? {} : { acquireTime: time, leaseTransitions: before === undefined ? 0 : before.transitions + 1 }),
    },
  };
}

/** Gives a Lease back, so that nobody has to wait. */
export const releaseBody = (time: string): LeasePatch => ({
  metadata: { annotations: { [LEADER_ADDRESS]: null } },
  spec: { holderIdentity: null, leaseDurationSeconds: 1, renewTime: time },
});

interface LeasePatch {
  readonly metadata: { readonly annotations: Readonly<Record<string, string | null>> };
  readonly spec: Readonly<Record<string, string | number | null>>;
}

/** The first claim of all, as an object to be created. */
export function newLease(
  name: { readonly namespace: string; readonly name: string },
  { spec }: LeasePatch,
  address: string | undefined,
): KubernetesObject {
  const annotations = address === undefined ? {} : { annotations: { [LEADER_ADDRESS]: address } };
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...name, ...annotations }, spec };
}
