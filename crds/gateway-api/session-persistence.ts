/** How the calls of one client come to one backend again (GEP-1619, experimental); HTTPRoute and GRPCRoute have it alike. */
import { defaulted, object, oneOf, optional, type Static, text } from '../schema.ts';
import { duration } from './names.ts';

export const sessionPersistence = object(
  {
    absoluteTimeout: optional(duration),
    cookieConfig: optional(object({ lifetimeType: defaulted(oneOf(['Permanent', 'Session']), 'Session') })),
    sessionName: optional(text({ maxLength: 128 })),
    type: defaulted(oneOf(['Cookie', 'Header']), 'Cookie'),
  },
  {
    rules: [
      {
        rule: "!has(self.cookieConfig) || !has(self.cookieConfig.lifetimeType) || self.cookieConfig.lifetimeType != 'Permanent' || has(self.absoluteTimeout)",
        message: 'AbsoluteTimeout must be specified when cookie lifetimeType is Permanent',
      },
      { rule: "!has(self.cookieConfig) || self.type == 'Cookie'", message: 'cookieConfig can only be set with type Cookie' },
    ],
  },
);
export type SessionPersistence = Static<typeof sessionPersistence>;
