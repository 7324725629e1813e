/** Small shapes that the kinds of this group share. */
import { backendFields, backendRules } from '../gateway-api/names.ts';
import { defaulted, flag, int32, intOrString, object, oneOf, optional, type Static, text } from '../schema.ts';

export const GROUP = 'gateway.envoyproxy.io';
export const VERSION = `${GROUP}/v1alpha1`;

/** Bytes: a number, or a string with a decimal or binary suffix. */
export const quantity = intOrString({ pattern: '^[1-9]+[0-9]*([EPTGMK]i|[EPTGMk])?$' });

/** A backend of ours: a weight like a route's, and whether it only serves when the others fail. */
export const weightedBackend = object(
  {
    ...backendFields,
    fallback: optional(flag({ description: 'Used only while the other backends are unhealthy.' })),
    weight: defaulted(int32({ minimum: 0, maximum: 1_000_000 }), 1),
  },
  { rules: backendRules },
);
export type WeightedBackend = Static<typeof weightedBackend>;

export const stringMatch = object({
  type: defaulted(oneOf(['Exact', 'Prefix', 'Suffix', 'RegularExpression']), 'Exact'),
  value: text({ minLength: 1, maxLength: 1024 }),
});
export type StringMatch = Static<typeof stringMatch>;
