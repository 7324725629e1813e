import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from './make-folder.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { identifyProcess, identityText, isRunning, parseIdentity } from './process-identity.ts';
import { errorText } from './system-error.ts';

/** How long a left-over process may take to end before it is killed. */
const END_MS = 3000;
/** The address of a Unix socket has 104 bytes on macOS and 108 on Linux, one of them for the end; our longest file name takes 20. */
const LONGEST_PATH = 80;

/** The folder of one run: sockets, bootstrap files, process files. Only its owner can enter it. */
export interface RuntimeDirectory {
  readonly path: string;
  /** Notes a process that must not outlive this one. */
  note(name: string, process: ProcessIdentity): Promise<void>;
  forget(name: string): Promise<void>;
  remove(): Promise<void>;
}

/** `/tmp/gatehouse-<uid>`, where EnvoyGateway's `infrastructure.host.runtimeDir` names none. */
export const defaultRuntimeBase = (): string => join(tmpdir(), `gatehouse-${userInfo().uid}`);

async function privateFolder(path: string): Promise<void> {
  await makeFolder(path, 0o700).catch((error: unknown) => {
    throw new Error(`${path || "''"}: the runtime directory cannot be made (${errorText(error)}). Name another one.`);
  });
  const { uid, mode } = await lstat(path);
  const isOurs = uid === userInfo().uid && (mode & 0o170_000) === 0o040_000 && (mode & 0o022) === 0;
  if (!isOurs) throw new Error(`${path}: is not a folder that only you can write to. Name another runtime directory, or make it so.`);
}

/** Ends a process politely, then not. */
async function end(process_: ProcessIdentity): Promise<void> {
  if (!isRunning(process_)) return;
  process.kill(process_.pid, 'SIGTERM');
  for (let waited = 0; waited < END_MS && isRunning(process_); waited += 50) await sleep(50);
  if (isRunning(process_)) process.kill(process_.pid, 'SIGKILL');
}

async function readIdentity(file: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return parseIdentity(text);
}

async function isAbandoned(path: string, pid: number): Promise<boolean> {
  const owner = await readIdentity(join(path, 'owner.pid'));
  // Without that file the run is just starting, or died while it did.
  return owner === undefined ? identifyProcess(pid) === undefined : !isRunning(owner);
}

/** Ends the processes that a dead run noted in its folder, and removes the folder. Answers a line for each process. */
async function clear(path: string): Promise<readonly string[]> {
  const files = (await readdir(path)).filter((file) => file.endsWith('.pid') && file !== 'owner.pid');
  const noted = await Promise.all(files.map((file) => readIdentity(join(path, file))));
  const left = noted.filter((process) => process !== undefined).filter(isRunning);
  await Promise.all(left.map(end));
  await rm(path, { recursive: true, force: true });
  return left.map(({ pid }) => `ended process ${pid}, left behind by an earlier run that was killed`);
}

/** Clears away what runs of dead predecessors left in `base`. */
async function sweep(base: string): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const name of await readdir(base)) {
    const pid = /^run-(\d+)$/.exec(name)?.[1];
    const path = join(base, name);
    if (pid !== undefined && (await isAbandoned(path, Number(pid)))) ended.push(...(await clear(path)));
  }
  return ended;
}

/**
 * Makes the folder of this run below `base`, after it has cleared away what killed predecessors left. `report` gets a line for each process that
 * had to be ended. Rejects where `base` belongs to somebody else or its path is too long for a Unix socket.
 */
export async function openRuntimeDirectory(base: string, report: (line: string) => void): Promise<RuntimeDirectory> {
  const path = join(base, `run-${process.pid}`);
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw new Error(`${path}: is too long for Unix sockets in it. Name a runtime directory with a shorter path.`);
  await privateFolder(base);
  for (const line of await sweep(base)) report(line);
  await rm(path, { recursive: true, force: true });
  await privateFolder(path);
  const fileOf = (name: string): string => join(path, `${name}.pid`);
  const note = async (name: string, noted: ProcessIdentity): Promise<void> => {
    await writeFile(fileOf(name), identityText(noted), { mode: 0o600 }).catch((error: unknown) => {
      throw new Error(`${fileOf(name)}: cannot be written (${errorText(error)}). Make room, or name another runtime directory.`);
    });
  };
  const self = identifyProcess(process.pid);
  if (self !== undefined) await note('owner', self);
  return {
    path,
    note,
    forget: (name) => rm(fileOf(name), { force: true }),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
