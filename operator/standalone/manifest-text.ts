import { readFile, stat } from 'node:fs/promises';

/**
 * The text of a regular file. Rejects for all else: a named pipe would be waited for without end, nothing after it would be read, and not even
 * Ctrl-C would end that.
 */
export async function manifestText(path: string): Promise<string> {
  if (!(await stat(path)).isFile()) throw new Error('it is no regular file');
  return await readFile(path, 'utf8');
}
