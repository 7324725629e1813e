import { isObject, type JsonObject } from '../../../crds/json-schema.ts';

/**
 * How Kubernetes tells the items of its lists apart (the patchMergeKey of its Go types), for the kinds that a fleet is made of. A list that is
 * not here is replaced as a whole, as are tolerations, arguments and metrics.
 */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  env: ['name'],
  ephemeralContainers: ['name'],
  hostAliases: ['ip'],
  imagePullSecrets: ['name'],
  initContainers: ['name'],
  ownerReferences: ['uid'],
  // Of a container, and of a Service.
  ports: ['containerPort', 'port'],
  resourceClaims: ['name'],
  schedulingGates: ['name'],
  topologySpreadConstraints: ['topologyKey'],
  volumeDevices: ['devicePath'],
  volumeMounts: ['mountPath'],
  volumes: ['name'],
};

const DIRECTIVE = '$patch';
const RETAIN = '$retainKeys';

/**
 * Kubernetes' strategic merge patch: objects go together field by field, lists with a merge key item by item, null takes out. Of the directives it
 * knows `$patch: delete` and `$patch: replace` and `$retainKeys`; the order of `$setElementOrder` is left to chance by Kubernetes too, and ignored.
 */
export function strategicMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  if (patch[DIRECTIVE] === 'replace') return stripped(patch);
  const merged = new Map(Object.entries(retained(target, patch[RETAIN])));
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$')) continue;
    if (value === null || isDeletion(value)) merged.delete(field);
    else merged.set(field, mergedField(field, merged.get(field), value));
  }
  return Object.fromEntries(merged);
}

function mergedField(field: string, before: unknown, value: unknown): unknown {
  if (isObject(value)) return strategicMergePatch(isObject(before) ? before : {}, value);
  if (!Array.isArray(value) || !value.every(isObject)) return value;
  return mergedList(Array.isArray(before) ? before.filter(isObject) : [], value, MERGE_KEYS[field] ?? []);
}

function mergedList(before: readonly JsonObject[], patch: readonly JsonObject[], keys: readonly string[]): readonly JsonObject[] {
  const items = patch.filter((item) => Object.keys(item).some((name) => name !== DIRECTIVE));
  const key = keys.find((name) => items.some((item) => item[name] !== undefined));
  const replaces = patch.some((item) => item[DIRECTIVE] === 'replace' && Object.keys(item).length === 1);
  if (replaces || key === undefined) return items.map((item) => strategicMergePatch({}, item));
  const places = new Map<unknown, number>(before.map((item, place) => [item[key], place]));
  const merged = items
    .filter((item) => !isDeletion(item))
    .map((item) => strategicMergePatch(before[places.get(item[key]) ?? -1] ?? {}, item));
  const named = new Set(items.map((item) => item[key]));
  return woven(
    merged,
    before.filter((item) => !named.has(item[key])),
    (item) => places.get(item[key]) ?? -1,
  );
}

/** Kubernetes' order: the patch's items among the others by the place that they had; what is new comes as soon as it is its turn. */
function woven(own: readonly JsonObject[], others: readonly JsonObject[], placeOf: (item: JsonObject) => number): readonly JsonObject[] {
  const result: JsonObject[] = [];
  const waiting = [...others];
  for (const item of own) {
    while (waiting[0] !== undefined && placeOf(waiting[0]) < placeOf(item)) result.push(...waiting.splice(0, 1));
    result.push(item);
  }
  return [...result, ...waiting];
}

const isDeletion = (value: unknown): boolean => isObject(value) && value[DIRECTIVE] === 'delete';

const stripped = (patch: JsonObject): JsonObject => Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith('$')));

const retained = (target: JsonObject, keys: unknown): JsonObject =>
  Array.isArray(keys) ? Object.fromEntries(Object.entries(target).filter(([field]) => keys.includes(field))) : target;
