import { readFile, stat } from 'node:fs/promises';

/** Fatal: a byte that is no UTF-8 would reach Envoy as U+FFFD. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The text of a regular file. Rejects for all else: a named pipe would be waited for without end, nothing after it would be read, and not even
 * Ctrl-C would end that.
 */
export async function manifestText(path: string): Promise<string> {
  if (!(await stat(path)).isFile()) throw new Error('it is no regular file');
  return utf8Text(await readFile(path));
}

export function utf8Text(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new Error('it is not UTF-8; save it in this encoding');
  }
}
