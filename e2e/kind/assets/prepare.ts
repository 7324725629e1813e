/**
 * Before the tests: gets or builds what the tests on a real cluster need, so that it counts against no test's time. A machine that can run no
 * containers is told so in one line; those tests are skipped then.
 */
import { stepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { errorText } from '../../../operator/standalone/system-error.ts';
import { ensureSuitePrograms } from '../../conformance/suite-programs.ts';
import { ensureHelm } from '../../harness/assets/helm-binary.ts';
import { ensureImages } from '../../images/image-archives.ts';
import { dockerProblem, startDocker } from '../cluster/docker.ts';
import { provideNodeImage } from '../cluster/node-image-in-docker.ts';
import { ensurePart } from './built-parts.ts';
import { ensureNodeImage } from './node-image.ts';

const report = stepReport(process.stderr);
try {
  const problem = await dockerProblem();
  if (problem !== undefined) report.line(`tests on a real cluster will be skipped: ${problem}`);
  else await prepare();
} catch (error) {
  report.line(errorText(error));
  process.exitCode = 1;
}

async function prepare(): Promise<void> {
  await ensureHelm(report);
  await ensurePart('kind', report);
  await ensureImages(report);
  await ensureSuitePrograms(report);
  const docker = await startDocker(report);
  try {
    // A Docker of our own has room for an image only while it runs.
    await (docker.canPull ? provideNodeImage(docker, report) : ensureNodeImage(report));
  } finally {
    await docker.stop();
  }
}
