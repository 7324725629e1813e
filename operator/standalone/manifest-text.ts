import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** Fatal: a byte that is no UTF-8 would reach Envoy as U+FFFD. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

const MEBIBYTE = 1024 * 1024;

/** Of one input, in bytes: more than the reader of YAML takes of anything but long texts, and half of what a string of V8 can hold. */
export const MOST_BYTES = 256 * MEBIBYTE;

const READ_BYTES = MEBIBYTE;

/**
 * The text of a regular file. Rejects for all else: a named pipe would be waited for without end, nothing after it would be read, and not even
 * Ctrl-C would end that.
 */
export async function manifestText(path: string): Promise<string> {
  if (!(await stat(path)).isFile()) throw new Error('it is no regular file');
  return await boundedText(path);
}

/** The text of whatever can be read by a path, a pipe (`-f <(...)`) included. Rejects where it is longer than `most` bytes, or without end. */
export async function boundedText(path: string, most = MOST_BYTES): Promise<string> {
  const file = await open(path);
  try {
    // A pipe and a device have no size.
    if ((await file.stat()).size > most) throw tooLong(most);
    return await textOf(chunksOf(file), most);
  } finally {
    await file.close();
  }
}

/** The text of a stream, by the same rules. */
export const streamText = (stream: Readable, most = MOST_BYTES): Promise<string> => textOf(stream, most);

/**
 * Each holds until the next one is asked for. Not as a stream: one reads ahead, and a pipe into which nobody writes any more would be waited for after
 * all is known.
 */
async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function textOf(chunks: AsyncIterable<Uint8Array | string>, most: number): Promise<string> {
  const read: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk); // a copy
    size += bytes.length;
    if (size > most) throw tooLong(most);
    read.push(bytes);
  }
  return utf8Text(Buffer.concat(read, size));
}

const tooLong = (most: number): Error =>
  new Error(`it does not end within ${most / MEBIBYTE} MiB, which is the limit; make several files of it`);

function utf8Text(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new Error('it is not UTF-8; save it in this encoding');
  }
}
