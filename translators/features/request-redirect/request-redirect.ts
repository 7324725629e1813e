import type { HTTPRequestRedirectFilter } from '../../../crds/gateway-api/http-route-filter.ts';
import type { RedirectActionSchema } from '../../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { RedirectAction_RedirectResponseCode as Code } from '../../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import type { MessageInit } from '../../envoy/message-init.ts';
import type { RouteAnswer } from '../../envoy/route-fragment.ts';
import { ok, type Result } from '../../ir/result.ts';
import type { PathMatch } from '../../ir/route-node.ts';
import { type PathEdit, prefixEditOf, resolvePathEdit } from '../path-edit.ts';
import { defineFeature, type Lookup, type RouteContext } from '../policy-feature.ts';

type StatusCode = HTTPRequestRedirectFilter['statusCode'];
type Scheme = 'http' | 'https';
type RedirectInit = MessageInit<typeof RedirectActionSchema>;

interface RequestRedirect {
  readonly scheme?: Scheme;
  readonly hostname?: string;
  readonly port?: number;
  readonly path?: PathEdit;
  readonly statusCode: StatusCode;
}

const CODES: Readonly<Record<StatusCode, Code>> = {
  301: Code.MOVED_PERMANENTLY,
  302: Code.FOUND,
  303: Code.SEE_OTHER,
  307: Code.TEMPORARY_REDIRECT,
  308: Code.PERMANENT_REDIRECT,
};

const DEFAULT_PORT: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

/** HTTPRoute filter RequestRedirect (core). It answers itself, so backends and mirrors of the rule are not used; in a backendRef, for the share of that backend. */
export const requestRedirect = defineFeature<HTTPRequestRedirectFilter, RequestRedirect>({
  owner: 'HTTPRoute',
  field: 'requestRedirect',
  doc: 'Answers with a redirect to another scheme, host, port or path. What is not given stays as in the request.',
  resolve,
  emits: {
    route: (ir, context) => ({ answer: answerOf(ir, context) }),
    ownRoute: (ir, context) => ({ answer: answerOf(ir, context) }),
  },
});

function resolve(spec: HTTPRequestRedirectFilter, lookup: Lookup): Result<RequestRedirect> {
  const { scheme, hostname, port, statusCode } = spec;
  const rest = {
    ...(scheme === undefined ? {} : { scheme }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(port === undefined ? {} : { port }),
    statusCode,
  };
  if (spec.path === undefined) return ok(rest);
  const path = resolvePathEdit(spec.path, lookup);
  return path.ok ? ok({ ...rest, path: path.value }) : path;
}

/** Under a wildcard there is no host to put in the place of the client's `host:port`: who named a port is told the right one, be it the default. */
function answerOf(ir: RequestRedirect, context: RouteContext): RouteAnswer {
  const value = redirectOf(ir, context);
  if (value.hostRedirect !== undefined || value.portRedirect !== undefined || !leavesPort(ir)) return { case: 'redirect', value };
  return { case: 'redirect', value, toNamedPort: { ...value, portRedirect: DEFAULT_PORT[ir.scheme ?? context.listener.scheme] } };
}

function redirectOf(ir: RequestRedirect, context: RouteContext): RedirectInit {
  const port = portOf(ir, context);
  const hostname = ir.hostname ?? (port === undefined && leavesPort(ir) ? exactHost(context) : undefined);
  return {
    responseCode: CODES[ir.statusCode],
    ...(ir.scheme === undefined ? {} : { schemeRewriteSpecifier: { case: 'schemeRedirect', value: ir.scheme } }),
    ...(hostname === undefined ? {} : { hostRedirect: hostname }),
    ...(port === undefined ? {} : { portRedirect: port }),
    ...(ir.path === undefined ? {} : pathRewrite(ir.path, context.match.path)),
  };
}

/**
 * A given scheme brings its own port, else it is the listener's; the default port of a scheme is left out
 * (HTTPRoute, HTTPRequestRedirectFilter `port`).
 */
function portOf({ scheme, port }: RequestRedirect, { listener }: RouteContext): number | undefined {
  const target = port ?? (scheme === undefined ? listener.port : DEFAULT_PORT[scheme]);
  return target === DEFAULT_PORT[scheme ?? listener.scheme] ? undefined : target;
}

/**
 * Without a host of ours Envoy keeps the client's `host:port`. That port is right only where the redirect leads back to the same listener, whatever
 * the client's way there was.
 */
const leavesPort = ({ scheme, port }: RequestRedirect): boolean => port !== undefined || scheme !== undefined;

const exactHost = ({ host }: RouteContext): string | undefined => (host?.startsWith('*') ? undefined : host);

function pathRewrite(edit: PathEdit, match: PathMatch): Pick<RedirectInit, 'pathRewriteSpecifier'> {
  if (edit.kind === 'full') return { pathRewriteSpecifier: { case: 'pathRedirect', value: edit.path } };
  const prefixEdit = prefixEditOf(match, edit.prefix);
  return prefixEdit === undefined ? {} : { pathRewriteSpecifier: prefixEdit };
}
