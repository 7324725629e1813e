import jsonPatch, { type Operation } from 'fast-json-patch';
import type { Condition, KubernetesObject } from '../../crds/object-meta.ts';
import type { DesiredCondition, DesiredStatus } from './desired-status.ts';
import { mergeConditions, type Observation } from './own-conditions.ts';

export interface Ownership {
  /** Entries of `parents` and `ancestors` with this name are ours. */
  readonly controllerName: string;
}

interface Entry {
  readonly [field: string]: unknown;
  readonly conditions?: readonly Condition[];
}

type DesiredEntry = Readonly<Record<string, unknown>> & { readonly conditions: readonly DesiredCondition[] };

interface EntryOwnership {
  /** What tells two entries of ours apart. */
  readonly identity: (entry: Readonly<Record<string, unknown>>) => string;
  readonly isOurs: (entry: Entry, ownership: Ownership) => boolean;
}

const byController = (entry: Entry, { controllerName }: Ownership): boolean => entry['controllerName'] === controllerName;

/** The identity of a reference, with the defaults of the Gateway API: writing them out or leaving them away is the same reference. */
const identityOf = (reference: unknown): string => {
  // Boundary: parsed JSON; a reference that is none has no fields.
  const ref = (reference ?? {}) as Readonly<Record<string, unknown>>;
  const { group = 'gateway.networking.k8s.io', kind = 'Gateway', namespace = '', name, sectionName = '', port = '' } = ref;
  return JSON.stringify([group, kind, namespace, name, sectionName, port]);
};

/** Whose the entries of a status's lists are. Kinds differ only in which of these fields they have. */
const LISTS = {
  // A Gateway or ListenerSet has one controller, its class's: all its listeners are ours.
  listeners: { identity: (entry) => String(entry['name']), isOurs: () => true },
  parents: { identity: (entry) => identityOf(entry['parentRef']), isOurs: byController },
  // The contract's EnvoyProxy does not say whose an entry is: its reconciler asks for those of others too (reconcilers/envoy-proxy.ts).
  ancestors: {
    identity: (entry) => identityOf(entry['ancestorRef']),
    isOurs: (entry, ownership) => entry['controllerName'] === undefined || byController(entry, ownership),
  },
} as const satisfies Record<string, EntryOwnership>;

/** Fields that have one writer and are replaced as a whole. */
const WHOLE = ['addresses', 'supportedFeatures', 'attachedListenerSets'] as const;

/**
 * The JSON Patch that brings our part of an object's status up to date and leaves everybody else's as it is; undefined where nothing changes. It
 * holds only for the very version of the object that it was made from: the API server answers 422 to any other.
 */
export const statusPatch = (
  live: KubernetesObject,
  desired: DesiredStatus,
  ownership: Ownership,
  now: Date,
): readonly Operation[] | undefined => {
  const observation = { now: `${now.toISOString().slice(0, 19)}Z`, generation: live.metadata.generation };
  // Boundary: parsed JSON.
  const before = live.status as Readonly<Record<string, unknown>> | undefined;
  const after = mergeStatus(before ?? {}, desired, { ownership, observation });
  const operations = jsonPatch.compare(before === undefined ? {} : { status: before }, { status: after });
  if (operations.length === 0 || (before === undefined && Object.keys(after).length === 0)) return undefined;
  const version = live.metadata.resourceVersion;
  return version === undefined ? operations : [{ op: 'test', path: '/metadata/resourceVersion', value: version }, ...operations];
};

interface Context {
  readonly ownership: Ownership;
  readonly observation: Observation;
}

const mergeStatus = (
  live: Readonly<Record<string, unknown>>,
  desired: DesiredStatus,
  context: Context,
): Readonly<Record<string, unknown>> => {
  const status: Record<string, unknown> = { ...live };
  if (desired.conditions !== undefined) {
    status['conditions'] = mergeConditions(asList<Condition>(live['conditions']), desired.conditions, context.observation);
  }
  for (const [field, list] of Object.entries(LISTS) as [keyof typeof LISTS, EntryOwnership][]) {
    const entries: readonly DesiredEntry[] | undefined = desired[field]?.map((entry) => ({ ...entry }));
    if (entries !== undefined) status[field] = mergeEntries(asList<Entry>(live[field]), entries, { ...context, list });
  }
  for (const field of WHOLE) if (desired[field] !== undefined) status[field] = desired[field];
  return status;
};

/** Foreign entries stay where and as they are, ours are brought up to date in place, new ones go to the end. */
const mergeEntries = (
  live: readonly Entry[],
  desired: readonly DesiredEntry[],
  { list, ownership, observation }: Context & { readonly list: EntryOwnership },
): readonly Entry[] => {
  const missing = new Map(desired.map((entry) => [list.identity(entry), entry]));
  const update = (entry: Entry | undefined, wanted: DesiredEntry): Entry => ({
    ...wanted,
    conditions: mergeConditions(entry?.conditions ?? [], wanted.conditions, observation),
  });
  const kept = live.flatMap((entry) => {
    if (!list.isOurs(entry, ownership)) return [entry];
    const identity = list.identity(entry);
    const wanted = missing.get(identity);
    missing.delete(identity);
    return wanted === undefined ? [] : [update(entry, wanted)];
  });
  return [...kept, ...[...missing.values()].map((wanted) => update(undefined, wanted))];
};

// Boundary: parsed JSON whose shape the API server has checked against the CRD.
const asList = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : []);
