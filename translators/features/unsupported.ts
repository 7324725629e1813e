import type { Problem } from '../ir/problem.ts';

/** A value that the specification allows and this implementation, or Envoy, does not (HTTPRoute condition Accepted). */
export const unsupportedValue = (message: string): Problem => ({ type: 'Accepted', reason: 'UnsupportedValue', message });
