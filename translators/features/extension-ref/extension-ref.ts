import type { LocalObjectReference } from '../../../crds/gateway-api/names.ts';
import { refused } from '../../ir/result.ts';
import { defineFeature } from '../policy-feature.ts';

/** HTTPRoute and GRPCRoute filter ExtensionRef (implementation-specific). There is no kind of our own yet that it could refer to. */
export const extensionRef = defineFeature<LocalObjectReference, never>({
  owner: 'HTTPRoute',
  sharedWith: ['GRPCRoute'],
  field: 'extensionRef',
  doc: 'Refers to a filter of a kind that the specification does not have. No such kind is supported yet.',
  repeatable: true,
  resolve: ({ group, kind, name }, { field }) =>
    refused({
      type: 'ResolvedRefs',
      reason: 'InvalidKind',
      message: `Field ${field} refers to ${kind === '' ? 'an object' : kind} ${JSON.stringify(name)} of group ${JSON.stringify(group)}, which is not supported. Remove the filter.`,
    }),
  emits: {},
});
