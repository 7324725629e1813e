import type { HTTPHeaderFilter } from '../../../crds/gateway-api/http-header.ts';
import { type HeaderEdits, headerMutationsOf, resolveHeaderEdits } from '../header-edits.ts';
import { defineFeature } from '../policy-feature.ts';

/** HTTPRoute and GRPCRoute filter ResponseHeaderModifier (extended). */
export const responseHeaderModifier = defineFeature<HTTPHeaderFilter, HeaderEdits>({
  owner: 'HTTPRoute',
  sharedWith: ['GRPCRoute'],
  field: 'responseHeaderModifier',
  doc: 'Sets, adds and removes headers of a response before it goes to the client. Values are literal text.',
  resolve: (spec, lookup) => resolveHeaderEdits(spec, lookup.field),
  emits: {
    route: (edits) => ({ response: headerMutationsOf(edits) }),
    backend: (edits) => ({ response: headerMutationsOf(edits) }),
  },
});
