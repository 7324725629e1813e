import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { ensurePart } from '../assets/built-parts.ts';
import { hasDocker } from '../cluster/docker.ts';
import { LONELY_DNS } from '../cluster/kubeadm-config.ts';
import { provideNodeImage } from '../cluster/node-image-in-docker.ts';
import { findStandingDocker, startStandingDocker, stopStandingDocker } from './standing-docker.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** kind's own variable for it. */
export const NAME = process.env['KIND_CLUSTER_NAME'] || 'gatehouse';
const NODE = `${NAME}-control-plane`;

/** Where kind and what belongs to it is run: beside the machine's Docker, or in the network of our own. */
export interface StandingCluster {
  readonly kubeconfig: string;
  /** What stands before a command that is to reach the cluster. */
  readonly enter: readonly string[];
  readonly isNew: boolean;
  readonly inNode: (...command: readonly string[]) => Promise<string>;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  readonly apply: (...manifests: readonly (string | object)[]) => Promise<void>;
  readonly loadImages: (archives: readonly string[]) => Promise<void>;
  /** Of the node. */
  readonly address: string;
}

interface Place {
  readonly host: string | undefined;
  readonly enter: readonly string[];
}

type Run = (command: string, args: readonly string[], input?: string) => Promise<string>;

/** The cluster that `make kind` keeps in `folder`, made by the kind command where it is not there. */
export async function ensureStandingCluster(folder: string, report: StepReport): Promise<StandingCluster> {
  await mkdir(folder, { recursive: true });
  const place = (await findPlace(folder)) ?? placeOf(await startStandingDocker(folder));
  const run = runAt(place);
  const kind = join(await ensurePart('kind', report), 'kind');
  const kubeconfig = join(folder, 'kubeconfig');
  const isNew = !(await run(kind, ['get', 'clusters'])).split('\n').includes(NAME);
  if (isNew) {
    const image = await provideNodeImage({ host: place.host, canPull: place.enter.length === 0 }, report);
    report.line(`creating the cluster ${NAME}`);
    const config = join(ROOT, 'kind-config.yaml');
    await run(kind, [
      'create',
      'cluster',
      '--name',
      NAME,
      '--image',
      image,
      '--config',
      config,
      '--kubeconfig',
      kubeconfig,
      '--wait',
      '2m',
    ]);
  }
  const inNode = (...command: readonly string[]): Promise<string> => run('docker', ['exec', NODE, ...command]);
  const kubectl = (...args: readonly string[]): Promise<string> => inNode('kubectl', ...ADMIN, ...args);
  const apply = async (...manifests: readonly (string | object)[]): Promise<void> => {
    const text = manifests.map((manifest) => (typeof manifest === 'string' ? manifest : stringify(manifest))).join('\n---\n');
    await run('docker', ['exec', '-i', NODE, 'kubectl', ...ADMIN, 'apply', '--server-side', '--force-conflicts', '-f', '-'], text);
  };
  // A network of our own has no way out, so nobody answers what DNS is asked of the world.
  if (isNew && place.enter.length > 0) await apply(...LONELY_DNS);
  return {
    kubeconfig,
    enter: place.enter,
    isNew,
    inNode,
    kubectl,
    apply,
    loadImages: async (archives) => {
      for (const archive of archives) await run(kind, ['load', 'image-archive', '--name', NAME, archive]);
    },
    address: (await kubectl('get', 'node', NODE, '-o', 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}')).trim(),
  };
}

const ADMIN = ['--kubeconfig', '/etc/kubernetes/admin.conf'];

/** Whether there was anything to remove. */
export async function removeStandingCluster(folder: string, report: StepReport): Promise<boolean> {
  const place = await findPlace(folder);
  if (place === undefined) {
    await stopStandingDocker(folder);
    return false;
  }
  const kind = join(await ensurePart('kind', report), 'kind');
  const there = (await runAt(place)(kind, ['get', 'clusters'])).split('\n').includes(NAME);
  if (there) await runAt(place)(kind, ['delete', 'cluster', '--name', NAME, '--kubeconfig', join(folder, 'kubeconfig')]);
  await stopStandingDocker(folder);
  return there;
}

async function findPlace(folder: string): Promise<Place | undefined> {
  const standing = await findStandingDocker(folder);
  if (standing !== undefined) return placeOf(standing);
  return (await hasDocker()) ? { host: process.env['DOCKER_HOST'], enter: [] } : undefined;
}

const placeOf = ({ pid, host }: { readonly pid: number; readonly host: string }): Place => ({
  host,
  enter: ['nsenter', `--target=${pid}`, '--net', '--'],
});

/** Gives what the command writes to stdout; rejects with what it says where it fails. */
function runAt({ host, enter }: Place): Run {
  const env = { ...process.env, ...(host === undefined ? {} : { DOCKER_HOST: host }) };
  return async (command, args, input) => {
    const [first = command, ...rest] = [...enter, command, ...args];
    if (input !== undefined) return await runWithInput(first, rest, { env, input });
    const { ok, stdout, reason } = await runCommand(first, rest, { env });
    if (!ok) throw new Error(`\`${command} ${args.slice(0, 4).join(' ')}\`: ${reason}`);
    return stdout;
  };
}

function runWithInput(
  command: string,
  args: readonly string[],
  { env, input }: { env: NodeJS.ProcessEnv; input: string },
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  child.on('error', reject);
  child.on('close', (code) => {
    const text = Buffer.concat(output).toString();
    if (code === 0) resolve(text);
    else reject(new Error(`\`${command}\` ends with ${code}: ${text}`));
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return promise;
}
