import type { Condition } from '../object-meta.ts';

/** What the API server writes into the status of a new object, so that one sees whether a controller has looked at it. */
export const pending = (...types: readonly string[]): readonly Condition[] =>
  types.map((type) => ({
    type,
    status: 'Unknown',
    reason: 'Pending',
    message: 'Waiting for controller',
    lastTransitionTime: '1970-01-01T00:00:00Z',
  }));
