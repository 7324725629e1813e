import { RE2JS } from 're2js';
import type { HTTPPathModifier } from '../../crds/gateway-api/http-route-filter.ts';
import { refused } from '../ir/result.ts';
import type { PathMatch } from '../ir/route-node.ts';
import { prefixEditOf, resolvePathEdit } from './path-edit.ts';
import type { Lookup } from './policy-feature.ts';

const lookup = (...paths: PathMatch[]): Lookup => ({
  field: 'f',
  place: 'rule',
  paths,
  backend: () => refused({ type: 'ResolvedRefs', reason: 'BackendNotFound', message: 'None.' }),
});

/** What Envoy does: the part of the path that matched gives way to the rewrite, or the pattern to the substitution. */
function rewritten(path: string, prefix: string, replacement: string): string {
  const spec: HTTPPathModifier = { type: 'ReplacePrefixMatch', replacePrefixMatch: replacement };
  const match: PathMatch = { type: 'PathPrefix', value: prefix };
  const resolved = resolvePathEdit(spec, lookup(match));
  if (!resolved.ok || resolved.value.kind !== 'prefix') throw new Error('refused');
  const edit = prefixEditOf(match, resolved.value.prefix);
  if (edit === undefined) return path;
  if (edit.case === 'regexRewrite') return RE2JS.compile(edit.value.pattern.regex).matcher(path).replaceAll(edit.value.substitution);
  const matched = prefix === '/' ? '/' : prefix.replace(/\/$/, '');
  return edit.value + path.slice(matched.length);
}

test.each([
  // The examples of HTTPPathModifier `replacePrefixMatch`.
  ['/foo/bar', '/foo', '/xyz', '/xyz/bar'],
  ['/foo/bar', '/foo', '/xyz/', '/xyz/bar'],
  ['/foo/bar', '/foo/', '/xyz', '/xyz/bar'],
  ['/foo/bar', '/foo/', '/xyz/', '/xyz/bar'],
  ['/foo', '/foo', '/xyz', '/xyz'],
  ['/foo/', '/foo', '/xyz', '/xyz/'],
  ['/foo/bar', '/foo', '', '/bar'],
  ['/foo/', '/foo', '', '/'],
  ['/foo', '/foo', '', '/'],
  ['/foo/', '/foo', '/', '/'],
  ['/foo', '/foo', '/', '/'],
  // The root as prefix.
  ['/a', '/', '/xyz', '/xyz/a'],
  ['/', '/', '/xyz/', '/xyz/'],
  ['/a', '/', '/', '/a'],
  // A prefix that a pattern would read otherwise.
  ['/v1.0/a', '/v1.0', '/', '/a'],
])('%s with prefix %s replaced by "%s" is %s', (path, prefix, replacement, expected) => {
  expect(rewritten(path, prefix, replacement)).toBe(expected);
});

test.each<[string, HTTPPathModifier, PathMatch]>([
  ['no slash', { type: 'ReplacePrefixMatch', replacePrefixMatch: 'a' }, { type: 'PathPrefix', value: '/' }],
  ['a space', { type: 'ReplaceFullPath', replaceFullPath: '/a b' }, { type: 'PathPrefix', value: '/' }],
  ['a line break', { type: 'ReplaceFullPath', replaceFullPath: '/a\r\nx: y' }, { type: 'PathPrefix', value: '/' }],
  ['a fragment', { type: 'ReplaceFullPath', replaceFullPath: '/a#b' }, { type: 'PathPrefix', value: '/' }],
  ['no prefix matched', { type: 'ReplacePrefixMatch', replacePrefixMatch: '/a' }, { type: 'RegularExpression', value: '/.*' }],
])('%s is refused', (_name, spec, path) => {
  expect(resolvePathEdit(spec, lookup(path))).toMatchObject({
    ok: false,
    problem: { type: 'Accepted', reason: 'UnsupportedValue', message: expect.stringMatching(/^Field f\.path\..*\.$/) },
  });
});

test('an empty full path is the root', () => {
  expect(resolvePathEdit({ type: 'ReplaceFullPath', replaceFullPath: '' }, lookup())).toEqual({
    ok: true,
    value: { kind: 'full', path: '/' },
  });
});
