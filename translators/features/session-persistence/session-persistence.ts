import type { Any } from '@bufbuild/protobuf/wkt';
import type { SessionPersistence } from '../../../crds/gateway-api/session-persistence.ts';
import {
  StatefulSessionPerRouteSchema,
  StatefulSessionSchema,
} from '../../../xds/proto/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.ts';
import { CookieBasedSessionStateSchema } from '../../../xds/proto/gen/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.ts';
import { HeaderBasedSessionStateSchema } from '../../../xds/proto/gen/envoy/extensions/http/stateful_session/header/v3/header_pb.ts';
import { contentHash } from '../../envoy/content-hash.ts';
import { durationOf } from '../../envoy/duration.ts';
import { pack } from '../../envoy/pack.ts';
import { durationMs } from '../../gateway-api/duration.ts';
import { ok, type Result, refused } from '../../ir/result.ts';
import { defineFeature, type RouteContext } from '../policy-feature.ts';
import { unsupportedValue } from '../unsupported.ts';
import { cookiePathOf } from './cookie-path.ts';

const FILTER = 'envoy.filters.http.stateful_session';
const IDLE = pack(StatefulSessionPerRouteSchema, { override: { case: 'disabled', value: true } });

interface Session {
  readonly type: 'Cookie' | 'Header';
  /** Absent: one of the match's own. */
  readonly name?: string;
  /** Of a cookie; absent: the match's own. */
  readonly path?: string;
  /** Of a cookie; 0: as long as the browser keeps it. */
  readonly lifetimeSeconds: number;
}

/**
 * HTTPRoute and GRPCRoute `rules[].sessionPersistence` (experimental, GEP-1619), in the shape of v1.6 and in that of v1.7. The token holds the address of the endpoint that answered first. With several
 * backendRefs all their endpoints are in one cluster, in which each backend has its weight (`session-split.ts`): so the token holds the backend
 * too, whatever becomes of the weights. An absolute timeout is told to the browser (Max-Age) and stands in the token, also for a session cookie.
 */
export const sessionPersistence = defineFeature<SessionPersistence, Session>({
  owner: 'HTTPRoute',
  sharedWith: ['GRPCRoute'],
  of: 'rule',
  field: 'sessionPersistence',
  doc: 'Sends all requests of a session to the endpoint that answered its first one, as long as it is there. The session is known by a cookie or by a header that the client sends back: `cookie` and `header` of Gateway API 1.7, or `sessionName` and `cookieConfig` of 1.6. The cookie is for `cookie.path`, of which 1.7 says that it is `/` by default; in the shape of 1.6 it is for the paths of the match.',
  resolve: resolveSession,
  emits: {
    httpFilter: { name: FILTER, config: pack(StatefulSessionSchema), disabled: true, idle: IDLE },
    route: (ir, context) => ({ typedPerFilterConfig: { [FILTER]: perRoute(ir, context) } }),
  },
});

/** Envoy's session header holds an address and no time. */
export const isTimeless = ({ type, absoluteTimeout }: SessionPersistence): boolean => type === 'Header' && absoluteTimeout !== undefined;

/** RFC 9110, 5.6.2; names of cookies are of the same letters (RFC 6265, 4.1.1). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Headers that say something else already. */
const TAKEN = /^(host|cookie|set-cookie|content-length|transfer-encoding|connection|upgrade|te|trailer)$/i;
/** RFC 6265, 4.1.1 (path-value); clients take a path that does not begin with a slash for none (5.2.4). Anything else could add attributes or headers. */
const COOKIE_PATH = /^\/[ -:<-~]*$/;

/** @param field path of what is resolved, for messages */
export function resolveSession(spec: SessionPersistence, { field }: { readonly field: string }): Result<Session> {
  const { type, absoluteTimeout } = spec;
  const [nameField, name] = nameOf(spec);
  if (name !== undefined && (!TOKEN.test(name) || (type === 'Header' && TAKEN.test(name)))) {
    const what = type === 'Header' ? 'header' : 'cookie';
    const message = `Field ${field}.${nameField} is ${JSON.stringify(name)}, which cannot be the name of a ${what}. Use letters, digits and dashes, or leave it out.`;
    return refused(unsupportedValue(message));
  }
  const path = spec.cookie?.path;
  if (path !== undefined && !COOKIE_PATH.test(path)) {
    const message = `Field ${field}.cookie.path is ${JSON.stringify(path)}, which cannot be the path of a cookie. Use a path such as /shop, of ASCII letters and without semicolons.`;
    return refused(unsupportedValue(message));
  }
  const lifetimeSeconds = Math.ceil((absoluteTimeout === undefined ? 0 : (durationMs(absoluteTimeout) ?? 0)) / 1000);
  return ok({ type, ...(name === undefined ? {} : { name }), ...(path === undefined ? {} : { path }), lifetimeSeconds });
}

/** The field that it stands in, and the name. */
function nameOf({ cookie, header, sessionName }: SessionPersistence): readonly [field: string, name: string | undefined] {
  if (cookie !== undefined) return ['cookie.name', cookie.name];
  return header === undefined ? ['sessionName', sessionName] : ['header.name', header.name];
}

function perRoute(ir: Session, context: RouteContext): Any {
  const name = ir.name ?? ownName(context);
  const sessionState =
    ir.type === 'Header'
      ? { name: 'envoy.http.stateful_session.header', typedConfig: pack(HeaderBasedSessionStateSchema, { name }) }
      : { name: 'envoy.http.stateful_session.cookie', typedConfig: cookieState(name, ir, context) };
  return pack(StatefulSessionPerRouteSchema, { override: { case: 'statefulSession', value: { sessionState } } });
}

/** Envoy makes it HttpOnly. It authorises nothing, and a visitor who follows a link must find his session again: so SameSite is Lax and not Strict. */
function cookieState(name: string, { lifetimeSeconds, path }: Session, { match, listener }: RouteContext): Any {
  const secure = listener.scheme === 'https' ? [{ name: 'Secure' }] : [];
  return pack(CookieBasedSessionStateSchema, {
    cookie: {
      name,
      path: path ?? cookiePathOf(match.path),
      ttl: durationOf(lifetimeSeconds * 1000),
      attributes: [...secure, { name: 'SameSite', value: 'Lax' }],
    },
  });
}

/** The same on all replicas and whatever the order of the rules is; two matches of one path keep sessions apart. */
const ownName = ({ match, origin: { namespace, name } }: RouteContext): string =>
  `session-${contentHash(JSON.stringify([namespace, name, match]))
    .replaceAll(/[_-]/g, '0')
    .slice(0, 10)}`;
