import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../../../operator/standalone/binaries/process-lock.ts';
import { planDaemon, removeRemains, untilAnswering } from '../cluster/docker-daemon.ts';

/** A Docker daemon of our own that stays when the command that started it has ended. */
export interface StandingDocker {
  readonly pid: number;
  readonly host: string;
  readonly folders: readonly string[];
  readonly cgroup: string;
  /** When its process began, in the kernel's own count: a number of a process may have gone to another one since. */
  readonly began: string;
}

const stateFile = (folder: string): string => join(folder, 'docker.json');

/** The one that `startStandingDocker` started and wrote into `folder`, while it runs. */
export async function findStandingDocker(folder: string): Promise<StandingDocker | undefined> {
  const docker = await readState(folder);
  return docker !== undefined && (await isRunning(docker)) ? docker : undefined;
}

export async function startStandingDocker(folder: string): Promise<StandingDocker> {
  await mkdir(folder, { recursive: true });
  await stopStandingDocker(folder);
  const { command, args, ...plan } = await planDaemon(`standing-${process.pid}`);
  const log = await open(join(folder, 'dockerd.log'), 'w');
  const child = spawn(command, args, { stdio: ['ignore', log.fd, log.fd], detached: true });
  child.unref();
  await log.close();
  if (child.pid === undefined) throw new Error(`\`${command}\` cannot be started`);
  const docker = { ...plan, pid: child.pid, began: await beginningOf(child.pid) };
  await writeFile(stateFile(folder), JSON.stringify(docker));
  await untilAnswering(docker.host, () => isAlive(docker.pid)).catch(async (error: unknown) => {
    await stopStandingDocker(folder);
    throw new Error(`dockerd does not start (${String(error)}); see ${join(folder, 'dockerd.log')}`);
  });
  return docker;
}

/** Ends it with all its containers, and takes away what it kept. */
export async function stopStandingDocker(folder: string): Promise<void> {
  const docker = await readState(folder);
  if (docker === undefined) return;
  if (await isRunning(docker)) process.kill(docker.pid, 'SIGKILL');
  await removeRemains(docker.cgroup, docker.folders);
  await rm(stateFile(folder));
}

async function readState(folder: string): Promise<StandingDocker | undefined> {
  const file = stateFile(folder);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as StandingDocker) : undefined; // written by startStandingDocker
}

async function isRunning({ pid, began }: StandingDocker): Promise<boolean> {
  return isAlive(pid) && (await beginningOf(pid)) === began;
}

/** Field 22 of /proc/<pid>/stat; the second field is a name in brackets that may hold anything. */
async function beginningOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
