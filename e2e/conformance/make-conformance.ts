/**
 * `make conformance`: the official suite against Gatehouse as this checkout is. TEST=<name> runs one test; MODE=GatewayNamespace runs proxies
 * in the namespaces of Gateways; GAPS=1 claims the features of known gaps too; KEEP=1 leaves the cluster, so that the next run begins in seconds and with Gatehouse as it is then; argument `down` removes such a cluster.
 */
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stepReport } from '../../operator/standalone/binaries/step-report.ts';
import { errorText } from '../../operator/standalone/system-error.ts';
import { dockerProblem, prepareDocker } from '../kind/cluster/docker.ts';
import { ensureStandingCluster, NAME, removeStandingCluster } from '../kind/make/standing-cluster.ts';
import { KNOWN_GAPS } from './known-gaps.ts';
import { publishReport } from './published-report.ts';
import { tableOf } from './result-table.ts';
import { prepareCluster, removeRemains } from './suite-cluster.ts';
import { deployMode } from './suite-modes.ts';
import { ensureSuitePrograms } from './suite-programs.ts';
import { runSuite } from './suite-run.ts';

const FOLDER = join(import.meta.dirname, '../../build/kind', NAME);
const { TEST: test, MODE: mode, GAPS: gaps, KEEP: keep } = process.env;
/** There while a run goes on, and where one was broken off. */
const UNFINISHED = join(FOLDER, 'unfinished');
const report = stepReport(process.stderr);

async function conformance(): Promise<void> {
  const deploy = deployMode(mode);
  const problem = await dockerProblem();
  if (problem !== undefined) throw new Error(`No cluster can be made here: ${problem}`);
  await prepareDocker(report);
  const programs = await ensureSuitePrograms(report);
  const cluster = await ensureStandingCluster(FOLDER, report);
  const prepared = await prepareCluster(cluster, { programs, folder: FOLDER, deploy }, report);
  try {
    if (existsSync(UNFINISHED)) await removeRemains(cluster, report);
    report.line(`running ${test || 'the suite'}`);
    await writeFile(UNFINISHED, '');
    const exempt = test || gaps ? [] : Object.keys(KNOWN_GAPS[deploy].features);
    const run = { suite: programs.suite, folder: FOLDER, limit: 45, deploy, exempt, keep: Boolean(keep), ...(test ? { test } : {}) };
    const outcome = await runSuite(cluster, prepared, run, report);
    await rm(UNFINISHED);
    process.stdout.write(tableOf(outcome));
    if (outcome.report !== undefined) report.line(`written: ${await publishReport(outcome.report)}`);
    if (outcome.tests.some(({ outcome: is }) => is === 'failed')) process.exitCode = 1;
  } finally {
    await prepared.stop();
  }
}

try {
  if (process.argv[2] !== 'down') await conformance();
  if (process.argv[2] === 'down' || !keep) await removeStandingCluster(FOLDER, report);
} catch (error) {
  report.line(errorText(error));
  process.exitCode = 1;
}
