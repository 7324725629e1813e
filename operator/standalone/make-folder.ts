import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './system-error.ts';

/**
 * Makes a folder, and those above it that are missing, all of this mode; one that is there stays as it is. Rejects with the system's error, or in
 * words where it has none. Not Node's `recursive`: that goes on for ever where a file system (procfs) takes no folders and calls them missing.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const error = await failureOf(path, mode);
  if (error === undefined) return;
  if (errorCode(error) !== 'ENOENT' || path === '') throw error;
  await makeFolder(dirname(path), mode);
  const again = await failureOf(path, mode);
  if (again === undefined) return;
  throw errorCode(again) === 'ENOENT' ? new Error(`the file system of ${dirname(path)} takes no new folders`) : again;
}

/** What kept the folder from being made; undefined: it is there. */
async function failureOf(path: string, mode: number): Promise<unknown> {
  try {
    await mkdir(path, { mode });
    return undefined;
  } catch (error) {
    const found = await stat(path).catch(() => undefined);
    return found?.isDirectory() ? undefined : error;
  }
}
