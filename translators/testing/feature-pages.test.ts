import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FEATURES } from '../features/registry.ts';
import { featureField } from './feature-page.ts';
import { featurePages } from './feature-pages.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../docs/features');

test('docs/features is what the registry says; else run `make docs`', () => {
  const written = new Map(globSync('*', { cwd: FOLDER }).map((name) => [name, readFileSync(path.join(FOLDER, name), 'utf8')] as const));
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(featurePages()));
});

test.each(FEATURES.map((feature) => [feature.id, feature] as const))('%s is a field of its kind', (_, feature) => {
  expect(featureField(feature).path).toMatch(new RegExp(`^spec\\..*${feature.field}$`));
});

test('a field that the kind does not have is a mistake of ours', () => {
  expect(() => featureField({ owner: 'HTTPRoute', field: 'nothing' })).toThrow('HTTPRoute has no field nothing');
});
