/**
 * Generates `gen/` (protobuf-es TypeScript) from the committed descriptor set. Run on install: `node xds/proto/generate.ts`; a second run with
 * the same descriptor set and generator does nothing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { pruneImports } from './prune-imports.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
const target = join(here, 'gen');
const hashFile = '.hash';

const template = {
  version: 'v2',
  plugins: [
    {
      local: ['protoc-gen-es'],
      out: '.',
      // One call with all files: by default buf calls the plugin once for each directory, which takes a hundred times as long.
      strategy: 'all',
      opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
    },
  ],
};

/** What the generated code is a function of; equal hash, equal code. */
function inputHash(descriptorSet: Buffer): string {
  const hash = createHash('sha256').update(descriptorSet).update(JSON.stringify(template));
  for (const own of ['generate.ts', 'prune-imports.ts']) hash.update(readFileSync(join(here, own)));
  for (const tool of ['@bufbuild/buf', '@bufbuild/protoc-gen-es']) {
    hash.update(readFileSync(join(root, 'node_modules', tool, 'package.json')));
  }
  return hash.digest('hex');
}

function isUpToDate(hash: string): boolean {
  const file = join(target, hashFile);
  return existsSync(file) && readFileSync(file, 'utf8') === hash;
}

function runBuf(descriptorSet: Buffer, out: string): void {
  const image = join(out, 'envoy.binpb');
  writeFileSync(image, pruneImports(gunzipSync(descriptorSet)));
  // The well-known types come from @bufbuild/protobuf/wkt; a second copy of them would be a second set of classes.
  const args = ['generate', image, '--template', JSON.stringify(template), '--output', out, '--exclude-path', 'google/protobuf'];
  const PATH = [join(root, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  const result = spawnSync('buf', args, { cwd: out, env: { ...process.env, PATH }, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error) throw new Error(`buf cannot be started: ${result.error.message}. Run \`make setup\` to install it.`);
  if (result.status !== 0) throw new Error(`buf generate failed with exit code ${result.status}`);
  rmSync(image);
}

/** Lets the generated files use our `fileDesc`. */
function useOwnFileDesc(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    const ours = `import { fileDesc } from "${'../'.repeat(name.split(sep).length)}file-desc.ts";`;
    writeFileSync(
      file,
      text.replace(CODEGEN, (_, names: string) => [...importOf(names.split(', ').filter((each) => each !== 'fileDesc')), ours].join('\n')),
    );
  }
}

const CODEGEN = /^import \{ ([^}]*\bfileDesc\b[^}]*) \} from "@bufbuild\/protobuf\/codegenv2";$/m;
const importOf = (names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`import { ${names.join(', ')} } from "@bufbuild/protobuf/codegenv2";`];

/** Generates into a folder beside the target and swaps it in, so that a broken run leaves what was there. */
function generate(): void {
  const descriptorSet = readFileSync(join(here, 'envoy.binpb.gz'));
  const hash = inputHash(descriptorSet);
  if (isUpToDate(hash)) return;
  process.stderr.write('protos: generating xds/proto/gen from envoy.binpb.gz\n');
  const fresh = mkdtempSync(join(here, '.gen-'));
  try {
    runBuf(descriptorSet, fresh);
    useOwnFileDesc(fresh);
    writeFileSync(join(fresh, hashFile), hash);
    rmSync(target, { recursive: true, force: true });
    chmodSync(fresh, 0o755); // mkdtemp makes it for this user alone, and others may run what stands here
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

generate();
