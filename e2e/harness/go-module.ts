import { tmpdir } from 'node:os';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';

/** A Go module with data for tests, pinned as go.sum would pin it. */
export interface GoModule {
  readonly path: string;
  readonly version: string;
  readonly sum: string;
}

/** The module's folder in Go's module cache; Go fetches it where it is not there yet. */
export async function goModuleFolder(module: GoModule): Promise<string> {
  const offline = process.env['GATEHOUSE_OFFLINE'] === '1';
  const { ok, stdout, reason } = await runCommand('go', ['mod', 'download', '-json', `${module.path}@${module.version}`], {
    cwd: tmpdir(),
    env: { ...process.env, GOWORK: 'off', ...(offline ? { GOPROXY: 'off' } : {}) },
  });
  // Go's own answer; the fields are those of `go help mod download`. What needs a newer Go to be built is unpacked all the same.
  const { Dir, Sum, Zip } = stdout.startsWith('{') ? (JSON.parse(stdout) as Partial<Record<'Dir' | 'Sum' | 'Zip', string>>) : {};
  const folder = Dir ?? (Zip === undefined ? undefined : unpackedFrom(Zip));
  if (folder === undefined || (!ok && !/ requires go /.test(stdout)))
    throw new Error(`Go cannot fetch the module ${module.path} ${module.version}: ${reason}\n${stdout}`);
  if (Sum !== module.sum)
    throw new Error(`the module ${module.path} ${module.version} has the checksum ${Sum}, but must have ${module.sum}`);
  return folder;
}

/** `<cache>/cache/download/<path>/@v/<version>.zip` stands in `<cache>/<path>@<version>`. */
const unpackedFrom = (zip: string): string => zip.replace(/\/cache\/download\/(.*)\/@v\/(.*)\.zip$/, '/$1@$2');
