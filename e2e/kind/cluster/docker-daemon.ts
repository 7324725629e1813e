import { existsSync, globSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheRoot } from '../../../operator/standalone/binaries/obtain.ts';
import { isAlive } from '../../../operator/standalone/binaries/process-lock.ts';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import { type ManagedProcess, startProcess } from '../../harness/managed-process.ts';
import { until } from '../../harness/until.ts';

/** What a daemon of our own is started with, and where it keeps what it has. */
export interface DaemonPlan {
  readonly command: string;
  readonly args: readonly string[];
  /** As DOCKER_HOST names it. */
  readonly host: string;
  /** Folders that are to go when it has ended. */
  readonly folders: readonly string[];
  /** Below which it makes cgroups, in every hierarchy. */
  readonly cgroup: string;
}

/**
 * In namespaces of its own, of networks, processes and mounts: nothing that it does to packet filters or routes is seen outside, its network has no way
 * out, and when the first process ends, by whatever, the kernel ends the daemon and all containers with it.
 */
const NAMESPACES = ['--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
const START = 'ip link set lo up && dockerd "$@" & wait';

const SYS_RESOURCE = 24n;

/** Where it can leave to the machine what a killed test runner could not take away. */
export async function planDaemon(name: string): Promise<DaemonPlan> {
  const data = join(cacheRoot(), 'kind', `.run-${name}`);
  await mkdir(data, { recursive: true });
  // A path of a socket may have 107 bytes, which a cache's folder may exceed.
  const state = await mkdtemp(join(tmpdir(), 'gatehouse-docker-'));
  const host = `unix://${join(state, 'docker.sock')}`;
  const cgroup = `/gatehouse-${name}`;
  const runtime = (await mayRaiseLimits()) ? [] : await narrowedRuntime(state);
  const args = [
    ...[`--host=${host}`, `--data-root=${data}`, `--exec-root=${join(state, 'exec')}`, `--pidfile=${join(state, 'pid')}`],
    ...['--bip=172.29.0.1/24', '--default-address-pool=base=172.28.0.0/16,size=24'],
    // Not systemd's driver, which a machine may have: its cgroups would be made by a systemd that is outside.
    ...['--exec-opt=native.cgroupdriver=cgroupfs', `--cgroup-parent=${cgroup}`, '--default-cgroupns-mode=private'],
    ...runtime,
  ];
  return { command: 'unshare', args: [...NAMESPACES, '--', 'sh', '-c', START, 'dockerd', ...args], host, folders: [state, data], cgroup };
}

/** Whether the processes of this machine's containers can have CAP_SYS_RESOURCE. */
async function mayRaiseLimits(): Promise<boolean> {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${bounding}`) >> SYS_RESOURCE) & 1n) === 1n;
}

/** `--privileged` asks for every capability there is, and fails where one cannot be had; this runtime asks for all but that one. */
async function narrowedRuntime(folder: string): Promise<readonly string[]> {
  const file = join(folder, 'runc-without-sys-resource');
  await writeFile(
    file,
    `#!/bin/sh
# A container's configuration is in config.json of its bundle; that of a process which joins it, in a file of its own.
before=
for argument; do
  case $before in
    --bundle | -b) narrow=$argument/config.json ;;
    --process | -p) narrow=$argument ;;
  esac
  case $argument in
    --bundle=*) narrow=\${argument#*=}/config.json ;;
    --process=*) narrow=\${argument#*=} ;;
  esac
  before=$argument
done
if [ -f "\${narrow-}" ]; then sed -i 's/"CAP_SYS_RESOURCE",//g; s/,"CAP_SYS_RESOURCE"//g' "$narrow"; fi
exec runc "$@"
`,
  );
  await chmod(file, 0o755);
  return [`--add-runtime=narrowed=${file}`, '--default-runtime=narrowed'];
}

/** A daemon that ends with `stop`, and in any case with this process. */
export async function startDaemon(): Promise<{ plan: DaemonPlan; daemon: ManagedProcess; stop: () => Promise<void> }> {
  await removeLeftovers();
  const plan = await planDaemon(`${process.pid}-${Date.now().toString(36)}`);
  const daemon = await startProcess({ name: 'dockerd', command: plan.command, args: plan.args });
  const stop = async (): Promise<void> => {
    await daemon.stop('SIGKILL');
    await removeRemains(plan.cgroup, plan.folders);
  };
  try {
    await untilAnswering(plan.host, daemon.isRunning);
  } catch (error) {
    await stop();
    throw new Error(`dockerd does not start: ${String(error)}\n${daemon.logs().slice(-3000)}`);
  }
  return { plan, daemon, stop };
}

export async function untilAnswering(host: string, isRunning: () => boolean): Promise<void> {
  const answered = await until('dockerd answers', async () => {
    if (!isRunning()) return 'ended';
    const { ok } = await runCommand('docker', ['--host', host, 'version'], { timeout: 5_000 });
    return ok ? 'answers' : undefined;
  });
  if (answered === 'ended') throw new Error('it ended');
}

/** Takes away the folders and the cgroups of a daemon that has ended. */
export async function removeRemains(cgroup: string, folders: readonly string[]): Promise<void> {
  // The kernel is done with a namespace of processes some moments after its first one.
  await until(`no process is left in ${cgroup}`, async () => ((await removeCgroups(cgroup)) ? true : undefined), { limit: 20_000 });
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 })));
}

/** Of test runners that were killed. */
async function removeLeftovers(): Promise<void> {
  const home = join(cacheRoot(), 'kind');
  const names = existsSync(home) ? await readdir(home) : [];
  for (const name of names) {
    const pid = /^\.run-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await removeRemains(`/gatehouse-${name.slice('.run-'.length)}`, [join(home, name)]);
  }
}

/** In version 1 there is a tree for each controller, in version 2 one for all. False: something still runs in them. */
async function removeCgroups(cgroup: string): Promise<boolean> {
  const tops = [`/sys/fs/cgroup${cgroup}`, ...globSync(`/sys/fs/cgroup/*${cgroup}`)].filter((folder) => existsSync(folder));
  for (const top of tops) {
    const below = (await readdir(top, { recursive: true, withFileTypes: true })).filter((entry) => entry.isDirectory());
    const folders = [...below.map((entry) => join(entry.parentPath, entry.name)), top].toSorted((a, b) => b.length - a.length);
    for (const folder of folders) await rmdir(folder).catch(() => undefined);
  }
  return tops.every((top) => !existsSync(top));
}
