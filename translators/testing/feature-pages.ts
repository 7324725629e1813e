import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Feature } from '../features/policy-feature.ts';
import { FEATURES } from '../features/registry.ts';
import { featurePage, ownersOf } from './feature-page.ts';
import { camelCase } from './feature-skeleton.ts';
import { splitCase } from './golden.ts';

const FEATURE_FOLDERS = path.resolve(import.meta.dirname, '../features');
const REFUSED = /: "?False /;

/** Every file of `docs/features/`, by name. */
export function featurePages(): ReadonlyMap<string, string> {
  const pages = FEATURES.map((feature) => [fileOf(feature), featurePage(feature, exampleOf(feature))] as const);
  return new Map([['README.md', index(FEATURES)], ...pages]);
}

const fileOf = ({ owner, field }: Feature): string => `${owner.toLowerCase()}-${field.toLowerCase()}.md`;

const index = (features: readonly Feature[]): string => `# Features
One page each, written by \`make docs\` from the schemas, the features and their golden cases.

| Kind | Field | What it does |
| --- | --- | --- |
${features.map((feature) => `| ${ownersOf(feature)} | [${feature.field}](${fileOf(feature)}) | ${feature.doc.replaceAll('|', '\\|')} |`).join('\n')}
`;

/** The objects of the first case, by name, in which nothing is refused; of a feature that is always refused, the first one. */
function exampleOf({ field }: Feature): string {
  const folder = globSync('*/', { cwd: FEATURE_FOLDERS }).find((name) => camelCase(path.basename(name)) === field);
  const cases = folder === undefined ? [] : globSync('cases/*.yaml', { cwd: path.join(FEATURE_FOLDERS, folder) }).sort();
  const texts = cases.map((file) => splitCase(readFileSync(path.join(FEATURE_FOLDERS, folder ?? '', file), 'utf8')));
  const shown = texts.find(({ expected }) => !REFUSED.test(expected)) ?? texts[0];
  if (shown === undefined) throw new Error(`feature ${field} has no golden case in translators/features/`);
  return shown.given;
}
