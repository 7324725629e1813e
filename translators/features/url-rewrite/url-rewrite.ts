import type { HTTPURLRewriteFilter } from '../../../crds/gateway-api/http-route-filter.ts';
import type { Rewrite } from '../../envoy/route-fragment.ts';
import { ok, type Result, refused } from '../../ir/result.ts';
import type { PathMatch } from '../../ir/route-node.ts';
import { type PathEdit, prefixEditOf, resolvePathEdit } from '../path-edit.ts';
import { defineFeature, type Lookup } from '../policy-feature.ts';

interface UrlRewrite {
  readonly hostname?: string;
  readonly path?: PathEdit;
}

/** HTTPRoute filter URLRewrite (extended). In a backendRef only the hostname can change: Envoy chooses the backend after the path. */
export const urlRewrite = defineFeature<HTTPURLRewriteFilter, UrlRewrite>({
  owner: 'HTTPRoute',
  field: 'urlRewrite',
  doc: 'Changes the host or the path of a request before it goes to the backend. The query stays.',
  resolve,
  emits: {
    route: ({ hostname, path }, { match }) => ({
      rewrite: { ...(hostname === undefined ? {} : hostRewrite(hostname)), ...(path === undefined ? {} : pathRewrite(path, match.path)) },
    }),
    backend: ({ hostname }) => (hostname === undefined ? {} : { hostRewriteLiteral: hostname }),
  },
});

function resolve(spec: HTTPURLRewriteFilter, lookup: Lookup): Result<UrlRewrite> {
  const hostname = spec.hostname === undefined ? {} : { hostname: spec.hostname };
  if (spec.path === undefined) return ok(hostname);
  if (lookup.place === 'backendRef') {
    const message = `Field ${lookup.field}.path cannot be changed for one backend only. Put the filter into spec.rules[].filters.`;
    return refused({ type: 'ResolvedRefs', reason: 'UnsupportedRefValue', message });
  }
  const path = resolvePathEdit(spec.path, lookup);
  return path.ok ? ok({ ...hostname, path: path.value }) : path;
}

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
