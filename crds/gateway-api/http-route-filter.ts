/** What a rule or a backend of an HTTPRoute does to requests and responses. One filter has a type and the field of that type. */
import { defaulted, flag, int32, list, object, oneOf, oneOfNumbers, optional, type Rule, type Static, text } from '../schema.ts';
import { externalAuthFilter } from './external-auth-filter.ts';
import { fraction } from './fraction.ts';
import { headerName, httpHeaderFilter } from './http-header.ts';
import { HTTP_METHODS } from './http-route-match.ts';
import { backendObjectReference, localObjectReference, portNumber, preciseHostname } from './names.ts';
import { filterTypeRules, onlyOnce } from './route-filter-rules.ts';

/** In CEL: the type asks for the field, and the field for the type. */
const together = (type: string, field: string): readonly Rule[] => [
  { rule: `self.type == '${type}' ? has(self.${field}) : true`, message: `${field} must be specified when type is set to '${type}'` },
  { rule: `has(self.${field}) ? self.type == '${type}' : true`, message: `type must be '${type}' when ${field} is set` },
];

const pathModifier = object(
  {
    replaceFullPath: optional(text({ maxLength: 1024 })),
    replacePrefixMatch: optional(text({ maxLength: 1024 })),
    type: oneOf(['ReplaceFullPath', 'ReplacePrefixMatch']),
  },
  { rules: [...together('ReplaceFullPath', 'replaceFullPath'), ...together('ReplacePrefixMatch', 'replacePrefixMatch')] },
);
export type HTTPPathModifier = Static<typeof pathModifier>;

const requestRedirect = object({
  hostname: optional(preciseHostname),
  path: optional(pathModifier),
  port: optional(portNumber),
  scheme: optional(oneOf(['http', 'https'])),
  statusCode: defaulted(oneOfNumbers([301, 302, 303, 307, 308]), 302),
});
export type HTTPRequestRedirectFilter = Static<typeof requestRedirect>;

const urlRewrite = object({ hostname: optional(preciseHostname), path: optional(pathModifier) });
export type HTTPURLRewriteFilter = Static<typeof urlRewrite>;

export const requestMirror = object(
  {
    backendRef: backendObjectReference,
    fraction: optional(fraction),
    percent: optional(int32({ minimum: 0, maximum: 100 })),
  },
  {
    rules: [
      {
        rule: '!(has(self.percent) && has(self.fraction))',
        message: 'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
      },
    ],
  },
);
export type HTTPRequestMirrorFilter = Static<typeof requestMirror>;

const starAlone = (field: string, others: string): readonly Rule[] => [
  { rule: "!('*' in self && self.size() > 1)", message: `${field} cannot contain '*' alongside other ${others}` },
];

const ORIGIN = '(^\\*$)|(^(http(s)?):\\/\\/(((\\*\\.)?([a-zA-Z0-9\\-]+\\.)*[a-zA-Z0-9-]+|\\*)(:([0-9]{1,5}))?)$)';

/** `maxAge` in seconds. */
const cors = object({
  allowCredentials: optional(flag()),
  allowHeaders: optional(list(headerName, { maxItems: 64, listType: 'set', rules: starAlone('AllowHeaders', 'methods') })),
  allowMethods: optional(
    list(oneOf([...HTTP_METHODS, '*']), { maxItems: 9, listType: 'set', rules: starAlone('AllowMethods', 'methods') }),
  ),
  allowOrigins: optional(
    list(text({ minLength: 1, maxLength: 253, pattern: ORIGIN }), {
      maxItems: 64,
      listType: 'set',
      rules: starAlone('AllowOrigins', 'origins'),
    }),
  ),
  exposeHeaders: optional(list(headerName, { maxItems: 64, listType: 'set' })),
  maxAge: defaulted(int32({ minimum: 1 }), 5),
});
export type HTTPCORSFilter = Static<typeof cors>;

/** The field of each type of filter. */
const FIELD_OF = {
  CORS: 'cors',
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  ExtensionRef: 'extensionRef',
  ExternalAuth: 'externalAuth',
} as const;

const filter = object(
  {
    cors: optional(cors),
    extensionRef: optional(localObjectReference),
    externalAuth: optional(externalAuthFilter),
    requestHeaderModifier: optional(httpHeaderFilter),
    requestMirror: optional(requestMirror),
    requestRedirect: optional(requestRedirect),
    responseHeaderModifier: optional(httpHeaderFilter),
    type: oneOf([
      'RequestHeaderModifier',
      'ResponseHeaderModifier',
      'RequestMirror',
      'RequestRedirect',
      'URLRewrite',
      'ExtensionRef',
      'CORS',
      'ExternalAuth',
    ]),
    urlRewrite: optional(urlRewrite),
  },
  { rules: filterTypeRules(FIELD_OF) },
);
export type HTTPRouteFilter = Static<typeof filter>;

const listRules: readonly Rule[] = [
  {
    rule: "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))",
    message: 'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
  },
  ...['CORS', 'RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite'].map(onlyOnce),
];

export const filters = list(filter, { maxItems: 16, listType: 'atomic', rules: listRules });
