/** What a rule or a backend of a GRPCRoute does to calls: filters that HTTPRoute has too, and their CEL rules. */
import { list, object, oneOf, optional, type Rule, type Static } from '../schema.ts';
import { httpHeaderFilter } from './http-header.ts';
import { requestMirror } from './http-route-filter.ts';
import { localObjectReference } from './names.ts';
import { filterTypeRules, onlyOnce } from './route-filter-rules.ts';

/** The field of each type of filter. */
const FIELD_OF = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  ExtensionRef: 'extensionRef',
} as const;

const filter = object(
  {
    extensionRef: optional(localObjectReference),
    requestHeaderModifier: optional(httpHeaderFilter),
    requestMirror: optional(requestMirror),
    responseHeaderModifier: optional(httpHeaderFilter),
    type: oneOf(['ResponseHeaderModifier', 'RequestHeaderModifier', 'RequestMirror', 'ExtensionRef']),
  },
  { rules: filterTypeRules(FIELD_OF) },
);
export type GRPCRouteFilter = Static<typeof filter>;

const listRules: readonly Rule[] = ['RequestHeaderModifier', 'ResponseHeaderModifier'].map(onlyOnce);

export const grpcFilters = list(filter, { maxItems: 16, listType: 'atomic', rules: listRules });
