import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { featureSkeleton } from './feature-skeleton.ts';
import { splitCase } from './golden.ts';

const REGISTRY = readFileSync(join(import.meta.dirname, '../features/registry.ts'), 'utf8');

test('a feature is one folder, its import and its line in the registry', () => {
  const { files, registry } = featureSkeleton('request-tag', 'HTTPRoute', REGISTRY);
  expect(Object.keys(files)).toEqual(['request-tag/request-tag.ts', 'request-tag/cases/request-tag.yaml']);
  const before = REGISTRY.split('\n');
  const added = registry.split('\n').filter((line) => !before.includes(line));
  expect(added).toEqual(["import { requestTag } from './request-tag/request-tag.ts';", '  requestTag,']);
  expect(registry.split('\n').filter((line) => !added.includes(line))).toEqual(before);
});

test('imports stay in the order of the formatter', () => {
  const { registry } = featureSkeleton('request-tag', 'HTTPRoute', REGISTRY);
  const paths = [...registry.matchAll(/^import .* from '(\.\/.*)';$/gm)].map(([, path]) => path);
  expect(paths).toEqual([...paths].sort());
});

test('the case uses the field and expects what no translation gives', () => {
  const text = featureSkeleton('request-tag', 'HTTPRoute', REGISTRY).files['request-tag/cases/request-tag.yaml'] ?? '';
  const { given, expected } = splitCase(text);
  expect(parseDocument(given).toJS()).toMatchObject({ spec: { rules: [{ filters: [{ type: 'RequestTag', requestTag: {} }] }] } });
  expect(expected).toContain('TODO');
});

test.each([
  ['requestTag', /kebab-case/],
  ['../x', /kebab-case/],
  ['cors', /in the registry already/],
])('%s is refused', (name, why) => {
  expect(() => featureSkeleton(name, 'HTTPRoute', REGISTRY)).toThrow(why);
});
