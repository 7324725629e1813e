/** Which calls a rule of a GRPCRoute takes: service and method, headers; all of them have to match. */
import { defaulted, list, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { headerName } from './http-header.ts';

const SERVICE_NAME = '^(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*$';
const METHOD_NAME = '^[A-Za-z_][A-Za-z_0-9]*$';

/** A rule for exact names; regular expressions are free. */
const exactName = (field: string, pattern: string): Rule => ({
  rule: `(!has(self.type) || self.type == 'Exact') && has(self.${field}) ? self.${field}.matches(r"""${pattern}"""): true`,
  message: `${field} must only contain valid characters (matching ${pattern})`,
});

const methodMatch = object(
  {
    method: optional(text({ maxLength: 1024 })),
    service: optional(text({ maxLength: 1024 })),
    type: defaulted(oneOf(['Exact', 'RegularExpression']), 'Exact'),
  },
  {
    rules: [
      {
        rule: 'has(self.type) ? has(self.service) || has(self.method) : true',
        message: "One or both of 'service' or 'method' must be specified",
      },
      exactName('service', SERVICE_NAME),
      exactName('method', METHOD_NAME),
    ],
  },
);
export type GRPCMethodMatch = Static<typeof methodMatch>;

const headerMatch = object({
  name: headerName,
  type: defaulted(oneOf(['Exact', 'RegularExpression']), 'Exact'),
  value: text({ minLength: 1, maxLength: 4096 }),
});

const match = object({
  headers: optional(list(headerMatch, { maxItems: 16, listType: { map: ['name'] } })),
  method: optional(methodMatch),
});
export type GRPCRouteMatch = Static<typeof match>;

/** Without matches a rule takes every call. */
export const grpcMatches = list(match, { maxItems: 64, listType: 'atomic' });
