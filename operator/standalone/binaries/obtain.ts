import { constants, existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import { makeFolder } from '../make-folder.ts';
import { isAlive, withProcessLock } from './process-lock.ts';
import type { StepReport } from './step-report.ts';

/** One way to get a tool. */
export interface Source {
  /** As a person reads it: `the official release`. */
  readonly name: string;
  /** The version that this source gives, without a `v`. */
  readonly version: string;
  /** Whether GATEHOUSE_OFFLINE=1 rules it out. */
  readonly needsNetwork: boolean;
  /** Puts the complete tool into the empty folder `into`; rejects with an Error that says in a line why not. */
  readonly fill: (into: string, report: StepReport) => Promise<void>;
}

/** A tool of other people's that Gatehouse runs, with all ways to get it, in order. */
export interface Tool {
  /** As a person reads it: `Envoy`. */
  readonly name: string;
  /** Its folder in the cache. */
  readonly folder: string;
  /** File names that a complete copy holds. */
  readonly files: readonly string[];
  readonly sources: readonly Source[];
  /** Rejects where a complete copy does not work after all. */
  readonly verify: (folder: string) => Promise<void>;
  /** What a person can do where every source fails. */
  readonly cure: string;
}

export interface Obtained {
  readonly folder: string;
  readonly version: string;
  /** `cache`, or the name of the source it came from just now. */
  readonly source: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `${XDG_CACHE_HOME:-~/.cache}/gatehouse` */
export function cacheRoot(environment: Environment = process.env): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gatehouse');
}

/**
 * Gives the cached copy, else that of the first source that works, which is then cached in `<cache>/<folder>/<version>`. A copy is put together in a
 * folder of its own and renamed when it is complete and verified, so breaking off at any point leaves the cache as it was.
 */
export async function obtain(tool: Tool, report: StepReport, environment: Environment = process.env): Promise<Obtained> {
  const home = join(cacheRoot(environment), tool.folder);
  const cached = await findCached(tool, home, report);
  if (cached) return cached;
  await prepareHome(tool, home);
  return await withProcessLock(join(home, '.lock'), report, async () => {
    await removeLeftovers(home);
    return (await findCached(tool, home, report)) ?? (await firstThatWorks(tool, home, report, environment));
  });
}

async function prepareHome(tool: Tool, home: string): Promise<void> {
  try {
    await makeFolder(home);
    await access(home, constants.W_OK);
  } catch (error) {
    const why = isNativeError(error) ? error.message : String(error);
    throw new Error(
      `${tool.name} is not here yet, and its cache ${home} cannot be written (${why}). Name a folder that can in XDG_CACHE_HOME. Or: ${tool.cure}`,
    );
  }
}

async function findCached(tool: Tool, home: string, report: StepReport): Promise<Obtained | undefined> {
  for (const version of new Set(tool.sources.map((source) => source.version))) {
    const folder = join(home, version);
    if (!isComplete(tool, folder)) continue;
    const broken = await reasonOf(tool.verify(folder));
    if (broken === undefined) return { folder, version, source: 'cache' };
    report.line(`${tool.name}: the cached copy in ${folder} does not work (${broken}); getting it anew`);
  }
  return undefined;
}

async function firstThatWorks(tool: Tool, home: string, report: StepReport, environment: Environment): Promise<Obtained> {
  const failures: string[] = [];
  const offline = environment['GATEHOUSE_OFFLINE'] === '1';
  for (const source of tool.sources) {
    const failure =
      offline && source.needsNetwork ? 'GATEHOUSE_OFFLINE=1 forbids it' : await reasonOf(fillCache(tool, source, home, report));
    if (failure === undefined) return { folder: join(home, source.version), version: source.version, source: source.name };
    report.line(`${tool.name}: not from ${source.name}: ${failure}`);
    failures.push(`  ${source.name}: ${failure}`);
  }
  throw new Error([`${tool.name} could not be had:`, ...failures, tool.cure].join('\n'));
}

async function fillCache(tool: Tool, source: Source, home: string, report: StepReport): Promise<void> {
  const work = await mkdtemp(join(home, `.work-${process.pid}-`));
  try {
    const fresh = join(work, 'fresh');
    await mkdir(fresh);
    await source.fill(fresh, report);
    if (!isComplete(tool, fresh)) throw new Error(`it gives no ${tool.files.filter((file) => !existsSync(join(fresh, file))).join(', ')}`);
    await tool.verify(fresh);
    const folder = join(home, source.version);
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
    report.line(`${tool.name} ${source.version} is in ${folder}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function isComplete(tool: Tool, folder: string): boolean {
  return tool.files.every((file) => existsSync(join(folder, file)));
}

/** Work folders of processes that were killed. */
async function removeLeftovers(home: string): Promise<void> {
  const names = (await readdir(home)).filter((name) => name.startsWith('.work-') && !isAlive(Number(name.split('-')[1])));
  await Promise.all(names.map((name) => rm(join(home, name), { recursive: true, force: true })));
}

/** Why the promise rejected, or undefined where it did not: a source that fails is an answer here, not an exception. */
async function reasonOf(attempt: Promise<void>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    return isNativeError(error) ? error.message : String(error);
  }
}
