import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StepReport } from '../../operator/standalone/binaries/step-report.ts';
import type { DeployMode } from '../../translators/settings.ts';
import { type ManagedProcess, startProcess } from '../harness/managed-process.ts';
import { CLASS, type PreparedCluster, type SuiteCluster } from './suite-cluster.ts';
import { SuiteLog, type TestResult } from './suite-log.ts';
import { REPORTED_MODES } from './suite-modes.ts';

const PACKAGE = join(import.meta.dirname, '../../package.json');

/** Profile -> the kind of route that it is about. The suite claims the core features of all profiles that it is given. */
const PROFILES = {
  'GATEWAY-HTTP': 'HTTPRoute',
  'GATEWAY-TLS': 'TLSRoute',
  'GATEWAY-GRPC': 'GRPCRoute',
  'GATEWAY-TCP': 'TCPRoute',
  'GATEWAY-UDP': 'UDPRoute',
} as const;

/** Tests that may run beside others wait for pods most of the time; with more of them, pods of a small machine are not ready when they should be. */
const PARALLEL = 4;

export interface SuiteRun {
  /** The suite's program. */
  readonly suite: string;
  /** Where the options, the log and the report are written. */
  readonly folder: string;
  /** The only test to run. */
  readonly test?: string;
  /** Where the proxies are. */
  readonly deploy: DeployMode;
  /** Features that are not claimed. */
  readonly exempt: readonly string[];
  /** Whether the pods behind the routes stay for the next run. */
  readonly keep?: boolean;
  /** Minutes after which the run is broken off. */
  readonly limit: number;
}

export interface SuiteOutcome {
  readonly tests: readonly TestResult[];
  /** The official report, as the suite wrote it; undefined: it did not get so far, or a single test was run. */
  readonly report: string | undefined;
  readonly log: string;
  readonly seconds: number;
}

/** Runs the suite. Fails only where it could not run; what failed in it is in the outcome. */
export async function runSuite(cluster: SuiteCluster, prepared: PreparedCluster, run: SuiteRun, report: StepReport): Promise<SuiteOutcome> {
  await mkdir(run.folder, { recursive: true });
  const options = join(run.folder, 'options.json');
  const reportFile = join(run.folder, 'report.yaml');
  const log = join(run.folder, 'suite.log');
  await rm(reportFile, { force: true });
  await writeFile(log, '');
  await writeFile(options, JSON.stringify(await optionsOf(run, prepared, reportFile), undefined, 2));
  const command = [...cluster.enter, run.suite, '-test.v', `-test.timeout=${run.limit}m`, `-test.parallel=${PARALLEL}`];
  const began = Date.now();
  const seen = new SuiteLog();
  // With a file between them, whatever this process is busy with does not hold up the suite.
  const suite = await startProcess({
    name: 'the conformance suite',
    command: 'sh',
    args: ['-c', 'log=$1; shift; exec "$@" >"$log" 2>&1', 'sh', log, ...command, `-conformance-options-file=${options}`],
    env: { ...process.env, KUBECONFIG: prepared.kubeconfig },
  });
  for await (const line of linesOf(log, suite)) {
    const result = seen.take(line);
    if (result !== undefined) report.line(`${result.outcome}: ${result.name} (${result.seconds} s)`);
    else report.progress(`  ${seen.progress()}`);
  }
  if (seen.results().length === 0) throw new Error(`the suite could not begin; the end of ${log}:\n${seen.lastLines()}`);
  const text = run.test === undefined ? await readFile(reportFile, 'utf8').catch(() => undefined) : undefined;
  return { tests: seen.results(), report: text, log, seconds: Math.round((Date.now() - began) / 1000) };
}

/** What a process writes into a file, until it has ended. */
async function* linesOf(path: string, { isRunning }: ManagedProcess): AsyncGenerator<string> {
  const file = await open(path);
  const buffer = Buffer.alloc(1024 * 1024);
  let rest: Buffer = Buffer.alloc(0);
  try {
    for (;;) {
      const goesOn = isRunning();
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      const lines = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = lines.lastIndexOf(10) + 1;
      rest = lines.subarray(end);
      if (end > 0)
        yield* lines
          .subarray(0, end - 1)
          .toString()
          .split('\n');
      if (bytesRead === 0 && !goesOn) return;
      if (bytesRead === 0) await sleep(200);
    }
  } finally {
    await file.close();
  }
}

async function optionsOf(
  { test, keep, deploy, exempt }: SuiteRun,
  { usable, unusable }: PreparedCluster,
  reportFile: string,
): Promise<object> {
  const { name, version, author } = JSON.parse(await readFile(PACKAGE, 'utf8')); // our own
  return {
    gatewayClassName: CLASS,
    mode: REPORTED_MODES[deploy],
    enableAllSupportedFeatures: true,
    exemptFeatures: exempt,
    conformanceProfiles: Object.entries(PROFILES).flatMap(([profile, route]) => (exempt.includes(route) ? [] : [profile])),
    cleanupBaseResources: keep !== true,
    ...(test === undefined ? { reportOutputPath: reportFile } : { runTest: test }),
    // Gatehouse has no public address; the suite does not take an empty one.
    implementation: { organization: author, project: name, url: 'none', version, contact: ['none'] },
    usableNetworkAddresses: [{ type: 'IPAddress', value: usable }],
    unusableNetworkAddresses: [{ type: 'IPAddress', value: unusable }],
  };
}
