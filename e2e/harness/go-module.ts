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
  if (!ok) throw new Error(`Go cannot fetch the module ${module.path} ${module.version}: ${reason}\n${stdout}`);
  // Go's own answer; the fields are those of `go help mod download`.
  const { Dir, Sum } = JSON.parse(stdout) as { readonly Dir: string; readonly Sum: string };
  if (Sum !== module.sum)
    throw new Error(`the module ${module.path} ${module.version} has the checksum ${Sum}, but must have ${module.sum}`);
  return Dir;
}
