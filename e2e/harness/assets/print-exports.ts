/** `make -s assets`: fetches or builds the real parts and prints shell lines that name them. Only those lines go to stdout. */
import { isNativeError } from 'node:util/types';
import { stepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { ensureEnvoy } from '../../../operator/standalone/envoy-binary.ts';
import { envoyGatewayCrds, gatewayApiCrds } from '../gateway-api-crds.ts';
import { ensureHelm } from './helm-binary.ts';
import { ensureKubernetesBinaries } from './kubernetes-binaries.ts';

const report = stepReport(process.stderr);
/** A word of the shell; quoted only where it must be, for readers that are no shell. */
const shellWord = (value: string): string => (/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`);

try {
  const envoy = await ensureEnvoy(report);
  const kubernetes = await ensureKubernetesBinaries(report);
  process.stdout.write(`export KUBEBUILDER_ASSETS=${shellWord(kubernetes.folder)}\nexport GATEHOUSE_ENVOY=${shellWord(envoy.path)}\n`);
  // Tests read them from Go's module cache; fetched or built here, it counts against no test's time.
  await Promise.all([gatewayApiCrds('standard'), envoyGatewayCrds(), ensureHelm(report)]);
} catch (error) {
  report.line(isNativeError(error) ? error.message : String(error));
  process.exitCode = 1;
}
