/** `make feature NAME=... OWNER=...`: a folder with a failing case, and the line in the registry. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FEATURE_OWNERS } from '../features/policy-feature.ts';
import { featureSkeleton } from './feature-skeleton.ts';

const USAGE = `usage: make feature NAME=request-mirror OWNER=${FEATURE_OWNERS.join('|')}`;

/** @param root the folder of the features */
function makeFeature(name: string, kind: string, root: string): readonly string[] {
  const owner = FEATURE_OWNERS.find((known) => known === kind);
  if (owner === undefined) throw new Error(`${JSON.stringify(kind)} has no features yet. ${USAGE}`);
  const registry = join(root, 'registry.ts');
  const skeleton = featureSkeleton(name, owner, readFileSync(registry, 'utf8'));
  for (const [path, content] of Object.entries(skeleton.files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    // Never over a file that is there.
    writeFileSync(join(root, path), content, { flag: 'wx' });
  }
  writeFileSync(registry, skeleton.registry);
  return [...Object.keys(skeleton.files), 'registry.ts'];
}

const [name, owner, root = join(import.meta.dirname, '../features')] = process.argv.slice(2);
try {
  if (name === undefined || owner === undefined) throw new Error(USAGE);
  for (const path of makeFeature(name, owner, root)) process.stdout.write(`${join(root, path)}\n`);
} catch (error) {
  process.stderr.write(`make feature: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
