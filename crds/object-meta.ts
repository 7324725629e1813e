/** What every object has, whatever its kind. */
import Type from 'typebox';
import {
  anyObject,
  type Fields,
  integer,
  list,
  map,
  type ObjectOf,
  object,
  oneOf,
  optional,
  type Schema,
  type Static,
  text,
} from './schema.ts';

const fields = {
  name: text({
    minLength: 1,
    maxLength: 253,
    pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    expected: 'lower-case letters, digits, dashes and dots',
  }),
  namespace: optional(
    text({ maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', expected: 'lower-case letters, digits and dashes' }),
  ),
  generation: optional(integer({ format: 'int64' })),
  creationTimestamp: optional(text({ format: 'date-time' })),
  deletionTimestamp: optional(text({ format: 'date-time' })),
  uid: optional(text()),
  resourceVersion: optional(text()),
  labels: optional(map(text())),
  annotations: optional(map(text())),
  finalizers: optional(list(text())),
  ownerReferences: optional(list(anyObject())),
} as const;

/** The part of `metadata` that Gatehouse reads. Other fields are let through. Timestamps are RFC 3339. */
export const objectMeta = object(fields, { open: true });
export type ObjectMeta = Static<typeof objectMeta>;

/** Of kinds whose names may have other characters: all that can stand in a path. */
export const objectMetaOfAnyName: Schema<ObjectMeta> = object(
  {
    ...fields,
    name: text({ minLength: 1, maxLength: 253, pattern: '^[^/%]*[^./%][^/%]*$', expected: 'a name without slashes and percent signs' }),
  },
  { open: true },
);

/** Any object of the API, before one knows its kind. */
export interface KubernetesObject<Spec = unknown, Status = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: Spec;
  readonly status?: Status;
}

/** One line of a status (metav1.Condition). */
export const condition = object({
  type: text({
    maxLength: 316,
    pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
  }),
  status: oneOf(['True', 'False', 'Unknown']),
  observedGeneration: optional(integer({ format: 'int64', minimum: 0 })),
  lastTransitionTime: text({ format: 'date-time' }),
  reason: text({ minLength: 1, maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' }),
  message: text({ maxLength: 32768 }),
});
export type Condition = Static<typeof condition>;

/** The conditions of one object; each type at most once. */
export const conditions = (bounds: { readonly minItems?: number } = {}): Schema<readonly Condition[]> =>
  list(condition, { ...bounds, maxItems: 8, listType: { map: ['type'] } });

/** metav1.LabelSelector */
export const labelSelector = object(
  {
    matchExpressions: optional(
      list(
        object({
          key: text(),
          operator: text(),
          values: optional(list(text(), { listType: 'atomic' })),
        }),
        { listType: 'atomic' },
      ),
    ),
    matchLabels: optional(map(text())),
  },
  { keywords: { 'x-kubernetes-map-type': 'atomic' } },
);
export type LabelSelector = Static<typeof labelSelector>;

/**
 * The schema of a whole object from the schemas of its own fields (`spec`, `data`, ...). A status is optional in the type even where the
 * API server fills one in: we write statuses, we do not read them as input.
 */
export const kubernetesKind = <const K extends string, const V extends string, const P extends Fields>(
  kind: K,
  apiVersion: V,
  own: P,
  { metadata = objectMeta, ...options }: { readonly open?: boolean; readonly metadata?: Schema<ObjectMeta> } = {},
): Schema<Kind<K, V, P>> => {
  const whole: Fields = { apiVersion: oneOf([apiVersion]), kind: oneOf([kind]), metadata, ...own };
  return Type.Unsafe<Kind<K, V, P>>(object(whole, options));
};

type Kind<K extends string, V extends string, P extends Fields> = {
  readonly apiVersion: V;
  readonly kind: K;
  readonly metadata: ObjectMeta;
} & ObjectOf<P>;
