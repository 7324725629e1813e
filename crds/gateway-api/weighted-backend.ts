/** Gateway API's BackendRef: a backend and its share of the traffic, for routes that carry bytes and not requests. */
import { defaulted, int32, list, object, type Static } from '../schema.ts';
import { backendFields, backendRules } from './names.ts';

export const weightedBackend = object(
  { ...backendFields, weight: defaulted(int32({ minimum: 0, maximum: 1_000_000 }), 1) },
  { rules: backendRules },
);
export type WeightedBackend = Static<typeof weightedBackend>;

export const weightedBackends = list(weightedBackend, { minItems: 1, maxItems: 16, listType: 'atomic' });
