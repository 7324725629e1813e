import type { HTTPPathModifier } from '../../crds/gateway-api/http-route-filter.ts';
import { quoteRegex } from '../envoy/regex.ts';
import { trimmedPrefix } from '../envoy/route-match.ts';
import { ok, type Result, refused } from '../ir/result.ts';
import type { PathMatch } from '../ir/route-node.ts';
import type { Lookup } from './policy-feature.ts';
import { unsupportedValue } from './unsupported.ts';

/** What becomes of a path: all of it replaced, or the prefix that matched (`''` stands for `/`). */
export type PathEdit = { readonly kind: 'full'; readonly path: string } | { readonly kind: 'prefix'; readonly prefix: string };

/** How Envoy replaces a matched prefix; undefined: it stays as it is. */
export type PrefixEdit =
  | { readonly case: 'prefixRewrite'; readonly value: string }
  | { readonly case: 'regexRewrite'; readonly value: { readonly pattern: { readonly regex: string }; readonly substitution: string } };

/** Refuses what would not be a path, and a prefix replaced where no prefix is matched. */
export function resolvePathEdit(spec: HTTPPathModifier, lookup: Lookup): Result<PathEdit> {
  const field = `${lookup.field}.path.${spec.type === 'ReplaceFullPath' ? 'replaceFullPath' : 'replacePrefixMatch'}`;
  const value = (spec.type === 'ReplaceFullPath' ? spec.replaceFullPath : spec.replacePrefixMatch) ?? '';
  if (value !== '' && !PATH.test(value)) {
    return refused(
      unsupportedValue(
        `Field ${field} is ${JSON.stringify(value)}, which is not a path. Start it with "/" and leave out spaces, "#" and control characters.`,
      ),
    );
  }
  if (spec.type === 'ReplaceFullPath') return ok({ kind: 'full', path: value === '' ? '/' : value });
  if (lookup.paths.some((path) => path.type !== 'PathPrefix')) {
    return refused(unsupportedValue(`Field ${field} needs matches of type PathPrefix. Change the match, or use replaceFullPath.`));
  }
  return ok({ kind: 'prefix', prefix: trimmedPrefix(value) });
}

/**
 * Prefixes are whole path elements: `/foo` replaced by `/bar` makes `/foo/x` `/bar/x`, and replaced by `/` it makes `/x`, never `//x`
 * (HTTPRoute, HTTPPathModifier `replacePrefixMatch`, table of examples).
 */
export function prefixEditOf(match: PathMatch, replacement: string): PrefixEdit | undefined {
  const matched = trimmedPrefix(match.value);
  if (matched === '') return replacement === '' ? undefined : { case: 'prefixRewrite', value: `${replacement}/` };
  if (replacement !== '') return { case: 'prefixRewrite', value: replacement };
  return { case: 'regexRewrite', value: { pattern: { regex: `^${quoteRegex(matched)}/*` }, substitution: '/' } };
}

/** Everything but what ends a path or breaks a header. */
const PATH = /^\/[!"$-~\u0080-\uffff]*$/;
