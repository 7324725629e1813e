import type { HTTPHeaderFilter } from '../../../crds/gateway-api/http-header.ts';
import { type HeaderEdits, headerMutationsOf, resolveHeaderEdits } from '../header-edits.ts';
import { defineFeature } from '../policy-feature.ts';

/** HTTPRoute and GRPCRoute filter RequestHeaderModifier (core). */
export const requestHeaderModifier = defineFeature<HTTPHeaderFilter, HeaderEdits>({
  owner: 'HTTPRoute',
  sharedWith: ['GRPCRoute'],
  field: 'requestHeaderModifier',
  doc: 'Sets, adds and removes headers of a request before it goes to the backend. Values are literal text.',
  resolve: (spec, lookup) => resolveHeaderEdits(spec, lookup.field),
  emits: {
    route: (edits) => ({ request: headerMutationsOf(edits) }),
    backend: (edits) => ({ request: headerMutationsOf(edits) }),
  },
});
