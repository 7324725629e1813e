/** Header names and values, and the filter that edits them. */
import { list, object, optional, type Static, text } from '../schema.ts';

export const headerName = text({
  minLength: 1,
  maxLength: 256,
  pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$",
  expected: 'a header name: letters, digits and dashes',
});
export const headerValue = text({
  minLength: 1,
  maxLength: 4096,
  pattern: '^[!-~]+([\\t ]?[!-~]+)*$',
  expected: 'visible ASCII characters, single blanks between them',
});

const header = object({ name: headerName, value: headerValue });
export type HTTPHeader = Static<typeof header>;

export const httpHeaders = list(header, { maxItems: 16, listType: { map: ['name'] } });

/** `set` overwrites, `add` appends, `remove` takes away; names are case-insensitive. */
export const httpHeaderFilter = object({
  add: optional(httpHeaders),
  remove: optional(list(text(), { maxItems: 16, listType: 'set' })),
  set: optional(httpHeaders),
});
export type HTTPHeaderFilter = Static<typeof httpHeaderFilter>;
