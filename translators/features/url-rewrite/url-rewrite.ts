import type { HTTPURLRewriteFilter } from '../../../crds/gateway-api/http-route-filter.ts';
import type { Rewrite } from '../../envoy/route-fragment.ts';
import { ok, type Result } from '../../ir/result.ts';
import type { PathMatch } from '../../ir/route-node.ts';
import { type PathEdit, prefixEditOf, resolvePathEdit } from '../path-edit.ts';
import { defineFeature, type Lookup } from '../policy-feature.ts';

interface UrlRewrite {
  readonly hostname?: string;
  readonly path?: PathEdit;
}

/** HTTPRoute filter URLRewrite (extended). A path that changes for one backend only takes a route of its own for that backend. */
export const urlRewrite = defineFeature<HTTPURLRewriteFilter, UrlRewrite>({
  owner: 'HTTPRoute',
  field: 'urlRewrite',
  doc: 'Changes the host or the path of a request before it goes to the backend. The query stays.',
  resolve,
  emits: {
    route: (ir, { match }) => ({ rewrite: rewriteOf(ir, match.path) }),
    backend: ({ hostname }) => (hostname === undefined ? {} : { hostRewriteLiteral: hostname }),
    ownRoute: (ir, { match }) => (ir.path === undefined ? undefined : { rewrite: rewriteOf(ir, match.path) }),
  },
});

function resolve(spec: HTTPURLRewriteFilter, lookup: Lookup): Result<UrlRewrite> {
  const hostname = spec.hostname === undefined ? {} : { hostname: spec.hostname };
  if (spec.path === undefined) return ok(hostname);
  const path = resolvePathEdit(spec.path, lookup);
  return path.ok ? ok({ ...hostname, path: path.value }) : path;
}

const rewriteOf = ({ hostname, path }: UrlRewrite, match: PathMatch): Rewrite => ({
  ...(hostname === undefined ? {} : hostRewrite(hostname)),
  ...(path === undefined ? {} : pathRewrite(path, match)),
});

/** The backend learns the host that the client asked for by X-Forwarded-Host (contract B.10, appendXForwardedHost). */
const hostRewrite = (hostname: string): Rewrite => ({
  hostRewriteSpecifier: { case: 'hostRewriteLiteral', value: hostname },
  appendXForwardedHost: true,
});

function pathRewrite(edit: PathEdit, match: PathMatch): Rewrite {
  if (edit.kind === 'full') {
    // In a substitution a backslash starts a reference to a group.
    return { regexRewrite: { pattern: { regex: '^/.*$' }, substitution: edit.path.replaceAll('\\', '\\\\') } };
  }
  const prefixEdit = prefixEditOf(match, edit.prefix);
  if (prefixEdit === undefined) return {};
  return prefixEdit.case === 'prefixRewrite' ? { prefixRewrite: prefixEdit.value } : { regexRewrite: prefixEdit.value };
}
