/**
 * How the calls of one client come to one backend again (GEP-1619, experimental); HTTPRoute and GRPCRoute have it alike. v1.7.0 gave it another
 * shape (`cookie`, `header`); of an object in a cluster only the fields of the installed CRDs are left, in a file either shape may stand.
 */
import { defaulted, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { duration } from './names.ts';

/** RFC 9110, 5.6.2; names of cookies and headers alike (v1.7.0, CookieName and HeaderName). */
const tokenName = text({ minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$" });

const lifetimeType = defaulted(oneOf(['Permanent', 'Session']), 'Session');

/** v1.7.0 */
const cookie = object({ lifetimeType, name: optional(tokenName), path: defaulted(text({ maxLength: 1024 }), '/') });

const permanentEnds = (field: string): Rule => ({
  rule: `!has(self.${field}) || !has(self.${field}.lifetimeType) || self.${field}.lifetimeType != 'Permanent' || has(self.absoluteTimeout)`,
  message: 'AbsoluteTimeout must be specified when cookie lifetimeType is Permanent',
});

/** What v1.7.0 requires (`cookie` for a cookie, `header` for a header) cannot be required of objects of v1.6. */
export const sessionPersistence = object(
  {
    absoluteTimeout: optional(duration),
    cookie: optional(cookie),
    cookieConfig: optional(object({ lifetimeType })),
    header: optional(object({ name: tokenName })),
    sessionName: optional(text({ maxLength: 128 })),
    type: defaulted(oneOf(['Cookie', 'Header']), 'Cookie'),
  },
  {
    rules: [
      permanentEnds('cookieConfig'),
      permanentEnds('cookie'),
      { rule: "!has(self.cookieConfig) || self.type == 'Cookie'", message: 'cookieConfig can only be set with type Cookie' },
      { rule: "!has(self.cookie) || self.type == 'Cookie'", message: 'cookie must be nil if type is not Cookie' },
      { rule: "!has(self.header) || self.type == 'Header'", message: 'header must be nil if type is not Header' },
      {
        rule: '!(has(self.cookie) || has(self.header)) || !(has(self.cookieConfig) || has(self.sessionName))',
        message: 'cookie and header (v1.7) cannot stand beside sessionName and cookieConfig (v1.6): use cookie.name or header.name',
      },
    ],
  },
);
export type SessionPersistence = Static<typeof sessionPersistence>;
