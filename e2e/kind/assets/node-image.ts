import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { obtain } from '../../../operator/standalone/binaries/obtain.ts';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { kubernetesVersion } from '../../harness/assets/kubernetes-binaries.ts';
import { goModuleFolder } from '../../harness/go-module.ts';
import { startProcess } from '../../harness/managed-process.ts';
import { until } from '../../harness/until.ts';
import { writeArchive } from '../../images/archive.ts';
import { fileHash } from '../../images/layer.ts';
import { ensurePart, kindVersion, pauseVersion } from './built-parts.ts';
import { type DebianCommand, installCommands } from './debian-packages.ts';
import { podImages } from './pod-images.ts';
import { ensureRootFileSystem } from './root-file-system.ts';

/** kind's own files for a node are in its module. */
const kindModule = {
  path: 'sigs.k8s.io/kind',
  version: `v${kindVersion}`,
  sum: 'h1:AjvDv3vOygb/VKLVQW87lfktIBzkxR8Ump9DjxC8+Lk=',
};

const ARCHITECTURE: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Commands that putting a node together takes. */
const COMMANDS: readonly DebianCommand[] = ['containerd', 'ctr', 'jq', 'zstd', 'iptables', 'mmdebstrap'];

/** A node as an image that Docker loads: Debian, Kubernetes, and the images of the cluster's own pods. */
export interface NodeImageArchive {
  readonly name: string;
  /** `docker load` takes it when zstd has unpacked it. */
  readonly file: string;
}

/**
 * The node image from the cache, else put together from packages: programs that Go builds from pinned modules, all else from Debian. Takes root, and
 * about ten minutes of two processors the first time; each part is cached on its own.
 */
export async function ensureNodeImage(report: StepReport): Promise<NodeImageArchive> {
  const version = `${kubernetesVersion}-${await recipeHash()}`;
  const file = 'node.tar.zst';
  const name = `gatehouse/kind-node:v${version}`;
  const { folder } = await obtain(
    {
      name: "kind's node image",
      folder: 'kind',
      files: [file],
      sources: [{ name: 'packages', version, needsNetwork: false, fill: (into) => assemble(name, into, report) }],
      verify: async (made) => {
        if ((await stat(join(made, file))).size < 100_000_000) throw new Error(`${file} is too small to be whole`);
      },
      cure: 'It takes root on Debian, Go (1.26 or newer), and their package sources; or a Docker that can pull kindest/node.',
    },
    report,
  );
  return { name, file: join(folder, file) };
}

/** The network of a cluster's one node: a CNI configuration for plugins that every node image has. */
export const NODE_NETWORK = join(import.meta.dirname, 'node-network.json');

/** What decides how a node is put together; other than the versions of what is in it. */
async function recipeHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['assemble-node.sh', 'node-image.ts', 'node-network.json', 'pod-images.ts', 'root-file-system.ts'])
    hash.update(await readFile(join(import.meta.dirname, name)));
  return hash.digest('hex').slice(0, 8);
}

async function assemble(name: string, into: string, report: StepReport): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('only root can put a node together');
  await installCommands(COMMANDS, report);
  const [root, programs] = await Promise.all([ensureRootFileSystem(report), buildPrograms(report)]);
  const files = join(await goModuleFolder(kindModule), 'images', 'base', 'files');
  report.line("kind's node image: putting it together");
  const work = join(into, '.work');
  const folder = join(work, 'root');
  await mkdir(folder, { recursive: true });
  await run('tar', ['--extract', '--preserve-permissions', `--file=${root}`, `--directory=${folder}`, '--exclude=./dev/*']);
  const script = join(import.meta.dirname, 'assemble-node.sh');
  await run('sh', [script, folder, files, programs.kubernetes, programs.cni, `v${kubernetesVersion}`, pauseVersion, NODE_NETWORK]);
  await preload(await podImageArchives(programs, work), join(folder, 'var/lib/containerd'), work);
  await pack(name, folder, work);
  await run('sh', [
    '-c',
    `tar --create --directory="$1" manifest.json config.json layer.tar | zstd -q -T0 -3 -o "$2"`,
    'sh',
    work,
    join(into, 'node.tar.zst'),
  ]);
  await rm(work, { recursive: true });
}

async function buildPrograms(report: StepReport) {
  return {
    kubernetes: await ensurePart('kubernetes', report),
    etcd: await ensurePart('etcd', report),
    coreDns: await ensurePart('coreDns', report),
    cni: await ensurePart('cni', report),
    pause: await ensurePart('pause', report),
  };
}

async function podImageArchives(programs: Awaited<ReturnType<typeof buildPrograms>>, work: string): Promise<readonly string[]> {
  const archives: string[] = [];
  for (const [i, recipe] of (await podImages(programs)).entries())
    archives.push((await writeArchive(recipe, join(work, 'images', `${i}.tar`), join(work, 'layers'))).file);
  return archives;
}

/** Puts the images where the node's containerd will look for them, by a containerd that runs for as long as that takes. */
async function preload(archives: readonly string[], store: string, work: string): Promise<void> {
  const socket = join(work, 'c.sock');
  const settings = [
    'version = 2',
    `root = "${store}"`,
    `state = "${join(work, 'state')}"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]',
    `[grpc]\naddress = "${socket}"`,
    `[ttrpc]\naddress = "${socket}.ttrpc"`,
  ];
  await writeFile(join(work, 'containerd.toml'), settings.join('\n'));
  const containerd = await startProcess({ name: 'containerd', command: 'containerd', args: ['--config', join(work, 'containerd.toml')] });
  try {
    await until('containerd answers', async () => (await runCommand('ctr', ['--address', socket, 'version'])).ok || undefined);
    for (const archive of archives)
      await run('ctr', ['--address', socket, '--namespace', 'k8s.io', 'images', 'import', '--no-unpack', '--all-platforms', archive]);
  } finally {
    await containerd.stop();
  }
}

/** The root file system as the one layer of an image, in the way of `docker save`. */
async function pack(name: string, folder: string, work: string): Promise<void> {
  const layer = join(work, 'layer.tar');
  await run('tar', ['--create', '--numeric-owner', '--xattrs', `--file=${layer}`, `--directory=${folder}`, '.']);
  const configuration = {
    architecture: ARCHITECTURE[process.arch],
    os: 'linux',
    config: {
      Env: ['container=docker', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Entrypoint: ['/usr/local/bin/entrypoint', '/sbin/init'],
      Volumes: { '/var': {} },
      StopSignal: 'SIGRTMIN+3',
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${await fileHash(layer)}`] },
  };
  await writeFile(join(work, 'config.json'), JSON.stringify(configuration));
  await writeFile(join(work, 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]));
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { ok, reason } = await runCommand(command, args);
  if (!ok) throw new Error(`\`${command} ${args[0] ?? ''}\` fails: ${reason}`);
}
