/** Which requests a rule of an HTTPRoute takes: path, headers, query parameters, method; all of them have to match. */
import { defaulted, list, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { headerName, headerValue } from './http-header.ts';

export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const;
export type HTTPMethod = (typeof HTTP_METHODS)[number];

const PATH_CHARACTERS = "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$";
export const pathText = text({ maxLength: 1024, pattern: PATH_CHARACTERS, expected: 'the characters of a URL path' });

/** A rule for the two literal kinds of path; regular expressions are free. */
const literal = (test: string, message: string): Rule => ({
  rule: `(self.type in ['Exact','PathPrefix']) ? ${test} : true`,
  message: `${message} when type one of ['Exact', 'PathPrefix']`,
});

const pathRules: readonly Rule[] = [
  literal("self.value.startsWith('/')", "value must be an absolute path and start with '/'"),
  ...['//', '/./', '/../', '%2f', '%2F', '#'].map((part) => literal(`!self.value.contains('${part}')`, `must not contain '${part}'`)),
  ...['/..', '/.'].map((end) => literal(`!self.value.endsWith('${end}')`, `must not end with '${end}'`)),
  {
    rule: "self.type in ['Exact','PathPrefix'] || self.type == 'RegularExpression'",
    message: "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']",
  },
  {
    rule: `(self.type in ['Exact','PathPrefix']) ? self.value.matches(r"""${PATH_CHARACTERS}""") : true`,
    message: `must only contain valid characters (matching ${PATH_CHARACTERS}) for types ['Exact', 'PathPrefix']`,
  },
];

const ANY_PATH = { type: 'PathPrefix', value: '/' };

const pathMatch = object(
  {
    type: defaulted(oneOf(['Exact', 'PathPrefix', 'RegularExpression']), 'PathPrefix'),
    value: defaulted(text({ maxLength: 1024 }), '/'),
  },
  { rules: pathRules },
);
export type HTTPPathMatch = Static<typeof pathMatch>;

const valueMatchType = defaulted(oneOf(['Exact', 'RegularExpression']), 'Exact');

const headerMatch = object({ name: headerName, type: valueMatchType, value: headerValue });
export type HTTPHeaderMatch = Static<typeof headerMatch>;

const queryParamMatch = object({ name: headerName, type: valueMatchType, value: text({ minLength: 1, maxLength: 1024 }) });
export type HTTPQueryParamMatch = Static<typeof queryParamMatch>;

const match = object({
  headers: optional(list(headerMatch, { maxItems: 16, listType: { map: ['name'] } })),
  method: optional(oneOf(HTTP_METHODS)),
  path: defaulted(pathMatch, ANY_PATH),
  queryParams: optional(list(queryParamMatch, { maxItems: 16, listType: { map: ['name'] } })),
});
export type HTTPRouteMatch = Static<typeof match>;

/** Without matches a rule takes every request. */
export const ANY_REQUEST = [{ path: ANY_PATH }];
export const matches = list(match, { maxItems: 64, listType: 'atomic' });
