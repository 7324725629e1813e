import { resolve } from 'node:path';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';

/** A Go program of other people's, pinned by a go.mod and go.sum of ours. */
export interface GoProgram {
  /** As a person reads it: `etcd 3.6.8`. */
  readonly name: string;
  /** Folder of the go.mod: its name under `go/`, or a path. */
  readonly module: string;
  readonly package: string;
  /** Whether the program is what `go test` would run of the package. */
  readonly tests?: boolean;
  /** Values that its release build sets: package variable -> string. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Builds `program` to the executable `file`, without cgo, so that it runs on any Linux. Offline it is built from Go's module cache alone. */
export async function goBuild(program: GoProgram, file: string, report: StepReport, environment = process.env): Promise<void> {
  report.line(`${program.name}: building it with Go from its pinned modules (some minutes the first time)`);
  const variables = Object.entries(program.variables).map(([name, value]) => `-X ${name}=${value}`);
  const ldflags = ['-s', '-w', ...variables].join(' ');
  const offline = environment['GATEHOUSE_OFFLINE'] === '1';
  const verb = program.tests ? ['test', '-c'] : ['build'];
  const result = await runCommand('go', [...verb, '-trimpath', '-buildvcs=false', '-ldflags', ldflags, '-o', file, program.package], {
    cwd: resolve(import.meta.dirname, 'go', program.module),
    env: { ...environment, CGO_ENABLED: '0', GOWORK: 'off', ...(offline ? { GOPROXY: 'off' } : {}) },
    whileRunning: (seconds) => report.progress(`  ${program.name}: building (${seconds} s)`),
  });
  if (!result.ok) throw new Error(`go ${verb.join(' ')} ${program.package} failed: ${result.reason}`);
}
