import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { boundedText, MOST_BYTES, manifestText, streamText } from './manifest-text.ts';

let file: string;
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'gh-text-')), 'a.yaml');
});
afterEach(() => rm(join(file, '..'), { recursive: true }));

const MEBIBYTE = 1024 * 1024;
const LONG = 'x'.repeat(MEBIBYTE);

test('a file as long as the limit is read whole, one byte more is refused', async () => {
  await writeFile(file, LONG);
  expect(await boundedText(file, MEBIBYTE)).toBe(LONG);
  await writeFile(file, `${LONG}x`);
  await expect(boundedText(file, MEBIBYTE)).rejects.toThrow('it does not end within 1 MiB, which is the limit; make several files of it');
});

test('so is a stream, and characters may be cut where its parts are', async () => {
  const halves = [...Buffer.from('é')].map((byte) => Buffer.from([byte]));
  expect(await streamText(Readable.from(halves))).toBe('é');
  expect(await streamText(Readable.from([LONG, '']), MEBIBYTE)).toBe(LONG);
  const endless = Readable.from(
    (function* () {
      for (;;) yield LONG;
    })(),
  );
  await expect(streamText(endless, 2 * MEBIBYTE)).rejects.toThrow('it does not end within 2 MiB');
});

test('a device without end is refused, also where no pipe may be', async () => {
  await expect(boundedText('/dev/zero', MEBIBYTE)).rejects.toThrow('it does not end within 1 MiB');
  await expect(manifestText('/dev/zero')).rejects.toThrow('it is no regular file');
});

test('a file of more than the limit is refused before it is read', async () => {
  await writeFile(file, '');
  await truncate(file, 2 ** 40);
  await expect(manifestText(file)).rejects.toThrow(`it does not end within ${MOST_BYTES / MEBIBYTE} MiB`);
});
