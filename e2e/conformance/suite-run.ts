import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StepReport } from '../../operator/standalone/binaries/step-report.ts';
import { CLASS, type PreparedCluster, type SuiteCluster } from './suite-cluster.ts';
import { SuiteLog, type TestResult } from './suite-log.ts';

const PACKAGE = join(import.meta.dirname, '../../package.json');

const PROFILES = ['GATEWAY-HTTP', 'GATEWAY-TLS', 'GATEWAY-GRPC', 'GATEWAY-TCP', 'GATEWAY-UDP'];

/** Tests that may run beside others wait for pods most of the time. */
const PARALLEL = 8;

export interface SuiteRun {
  /** The suite's program. */
  readonly suite: string;
  /** Where the options, the log and the report are written. */
  readonly folder: string;
  /** The only test to run. */
  readonly test?: string;
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
  await writeFile(options, JSON.stringify(await optionsOf(run, prepared, reportFile), undefined, 2));
  const [command = '', ...args] = [
    ...cluster.enter,
    run.suite,
    ...['-test.v', `-test.timeout=${run.limit}m`, `-test.parallel=${PARALLEL}`, `-conformance-options-file=${options}`],
  ];
  const began = Date.now();
  const seen = new SuiteLog();
  const child = spawn(command, args, { env: { ...process.env, KUBECONFIG: prepared.kubeconfig }, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  const file = createWriteStream(log);
  child.stderr.pipe(file, { end: false });
  const ticking = setInterval(() => report.progress(`  ${seen.progress()}`), 1000);
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (line) => {
    file.write(`${line}\n`);
    const result = seen.take(line);
    if (result !== undefined && result.outcome !== 'skipped') report.line(`${result.outcome}: ${result.name} (${result.seconds} s)`);
  });
  await Promise.all([new Promise((closed) => child.once('close', closed)), new Promise((closed) => reading.once('close', closed))]);
  clearInterval(ticking);
  process.off('exit', end);
  file.end();
  if (seen.results().length === 0) throw new Error(`the suite could not begin; the end of ${log}:\n${seen.lastLines()}`);
  const text = run.test === undefined ? await readFile(reportFile, 'utf8').catch(() => undefined) : undefined;
  return { tests: seen.results(), report: text, log, seconds: Math.round((Date.now() - began) / 1000) };
}

async function optionsOf({ test }: SuiteRun, { usable, unusable }: PreparedCluster, reportFile: string): Promise<object> {
  const { name, version, author, homepage, bugs } = JSON.parse(await readFile(PACKAGE, 'utf8')); // our own
  return {
    gatewayClassName: CLASS,
    enableAllSupportedFeatures: true,
    conformanceProfiles: PROFILES,
    ...(test === undefined ? { reportOutputPath: reportFile } : { runTest: test }),
    implementation: { organization: author, project: name, url: homepage, version, contact: [bugs] },
    usableNetworkAddresses: [{ type: 'IPAddress', value: usable }],
    unusableNetworkAddresses: [{ type: 'IPAddress', value: unusable }],
    timeoutConfig: TIMEOUTS,
  };
}

/**
 * How long the suite waits for what should happen; its own values are for clouds. The node has all images, so a Gateway has its proxy and its address
 * in seconds. A test that fails takes as long as these.
 */
const TIMEOUTS = {
  gatewayMustHaveAddress: '45s',
  gatewayMustHaveCondition: '45s',
  gatewayStatusMustHaveListeners: '30s',
  gatewayListenersMustHaveConditions: '30s',
  listenerSetMustHaveCondition: '30s',
  listenerSetListenersMustHaveConditions: '30s',
  gwcMustBeAccepted: '30s',
  httpRouteMustNotHaveParents: '20s',
  httpRouteMustHaveCondition: '20s',
  tlsRouteMustHaveCondition: '20s',
  tcpRouteMustHaveCondition: '20s',
  udpRouteMustHaveCondition: '20s',
  routeMustHaveParents: '20s',
  maxTimeToConsistency: '20s',
  latestObservedGenerationSet: '20s',
  defaultTestTimeout: '30s',
};
