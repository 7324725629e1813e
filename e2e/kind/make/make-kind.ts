/**
 * `make kind`: a cluster on this machine with Gatehouse and the quickstart; once more: the same with what has changed since. `make kind-down` (argument
 * `down`) removes it. Where no Docker runs, one of our own is started and stays until then.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import { type StepReport, stepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { errorText } from '../../../operator/standalone/system-error.ts';
import { until } from '../../harness/until.ts';
import { ensureImages } from '../../images/image-archives.ts';
import { dockerProblem, prepareDocker } from '../cluster/docker.ts';
import { HOME, installGatewayApi, releaseIn } from '../cluster/release.ts';
import { ensureStandingCluster, NAME, removeStandingCluster, type StandingCluster } from './standing-cluster.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'build', 'kind', NAME);
const HOST = 'www.example.com';

async function up(report: StepReport): Promise<void> {
  const problem = await dockerProblem();
  if (problem !== undefined) throw new Error(`No cluster can be made here: ${problem}`);
  await prepareDocker(report);
  const images = await ensureImages(report);
  const cluster = await ensureStandingCluster(FOLDER, report);
  report.line('loading the images of Gatehouse, Envoy and the sample backend');
  await cluster.loadImages(Object.values(images).map(({ file }) => file));
  report.line('installing the Gateway API, the chart gatehouse and the quickstart');
  await installGatewayApi(cluster);
  await releaseIn(cluster).upgrade();
  // The tag of an image that was built anew is the old one.
  if (!cluster.isNew) await cluster.kubectl('rollout', 'restart', '--namespace', HOME, 'deployment/envoy-gateway');
  await cluster.apply(await readFile(join(ROOT, 'examples', 'kubernetes', 'quickstart.yaml'), 'utf8'));
  await giveAddress(cluster);
  await answers(cluster);
  process.stdout.write(howToReach(cluster));
}

/** There is no cloud that would do it: Services of the type LoadBalancer get the node's address, on which kube-proxy serves them. */
async function giveAddress({ kubectl, address }: StandingCluster): Promise<void> {
  const proxies = ['--namespace', HOME, '--selector', 'app.kubernetes.io/component=proxy'];
  const service = await until(
    'the quickstart has a Service',
    async () => (await kubectl('get', 'service', ...proxies, '-o', 'name')).trim() || undefined,
  );
  const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: address }] } } });
  for (const name of service.split('\n'))
    await kubectl('patch', name, '--namespace', HOME, '--subresource=status', '--type=merge', '--patch', status);
}

async function answers({ enter, address }: StandingCluster): Promise<void> {
  const [command = '', ...args] = [...enter, process.execPath, join(import.meta.dirname, 'ask-once.ts'), address, HOST];
  await until('the quickstart answers', async () => (await runCommand(command, args)).ok || undefined, { limit: 120_000, interval: 500 });
}

function howToReach({ enter, kubeconfig, address }: StandingCluster): string {
  const inside = enter.length === 0 ? '' : `${enter.join(' ')} `;
  return `Ready: the quickstart answers.

  ${inside}curl --header "Host: ${HOST}" http://${address}/get
  ${inside}kubectl --kubeconfig ${kubeconfig} get gateways,httproutes

\`make kind-down\` removes it.
`;
}

const report = stepReport(process.stderr);
try {
  if (process.argv[2] !== 'down') await up(report);
  else report.line((await removeStandingCluster(FOLDER, report)) ? 'The cluster is removed.' : 'There is no cluster of `make kind`.');
} catch (error) {
  report.line(errorText(error));
  process.exitCode = 1;
}
