import { open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { makeFolder } from '../make-folder.ts';
import type { StepReport } from './step-report.ts';

const pollInterval = 250;

/**
 * Runs `task` while no other process of this machine runs one under the same lock file. It saves double work and nothing hangs on it: results are
 * renamed into place whole, so even two holders do no harm. The lock of a process that died is taken over.
 */
export async function withProcessLock<T>(lockFile: string, report: StepReport, task: () => Promise<T>): Promise<T> {
  await makeFolder(dirname(lockFile));
  await acquire(lockFile, report);
  try {
    return await task();
  } finally {
    await rm(lockFile, { force: true });
  }
}

async function acquire(lockFile: string, report: StepReport): Promise<void> {
  let told = false;
  while (!(await tryToCreate(lockFile))) {
    const holder = await holderOf(lockFile);
    if (holder === undefined) {
      await rm(lockFile, { force: true });
      continue;
    }
    if (!told) report.line(`waiting for process ${holder}, which is at it already (${lockFile})`);
    told = true;
    await sleep(pollInterval);
  }
}

async function tryToCreate(lockFile: string): Promise<boolean> {
  try {
    const file = await open(lockFile, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** The process that holds the lock, or undefined where it is gone. A lock that is being written just now counts as held. */
async function holderOf(lockFile: string): Promise<number | 'another' | undefined> {
  const content = await readFile(lockFile, 'utf8').catch(() => '');
  if (content === '') return (await isFresh(lockFile)) ? 'another' : undefined;
  const pid = Number(content);
  return isAlive(pid) ? pid : undefined;
}

/** Whether a process of this number runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

async function isFresh(lockFile: string): Promise<boolean> {
  const file = await open(lockFile, 'r').catch(() => undefined);
  if (file === undefined) return false;
  const { mtimeMs } = await file.stat();
  await file.close();
  return Date.now() - mtimeMs < 5_000;
}

function isErrno(error: unknown, code: string): boolean {
  return isNativeError(error) && 'code' in error && error.code === code;
}
