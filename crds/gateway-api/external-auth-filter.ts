/** The external authorization filter of an HTTPRoute (experimental; GEP-1494). */
import { integer, list, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { pathText } from './http-route-match.ts';
import { backendObjectReference } from './names.ts';

const bothWays = (protocol: string, field: string): readonly Rule[] => [
  {
    rule: `self.protocol == '${protocol}' ? has(self.${field}) : true`,
    message: `${field} must be specified when protocol is set to '${protocol}'`,
  },
  { rule: `has(self.${field}) ? self.protocol == '${protocol}' : true`, message: `protocol must be '${protocol}' when ${field} is set` },
];

const headerNames = list(text(), { maxItems: 64, listType: 'set' });

/** `forwardBody.maxSize` in bytes. */
export const externalAuthFilter = object(
  {
    backendRef: backendObjectReference,
    forwardBody: optional(object({ maxSize: optional(integer()) })),
    grpc: optional(object({ allowedHeaders: optional(headerNames) })),
    http: optional(
      object({
        allowedHeaders: optional(headerNames),
        allowedResponseHeaders: optional(headerNames),
        path: optional(pathText),
      }),
    ),
    protocol: oneOf(['HTTP', 'GRPC']),
  },
  { rules: [...bothWays('GRPC', 'grpc'), ...bothWays('HTTP', 'http')] },
);
export type HTTPExternalAuthFilter = Static<typeof externalAuthFilter>;
