import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Loopback, listenOnLoopback } from '../../../e2e/harness/loopback.ts';
import { download } from './download.ts';
import { stepReport } from './step-report.ts';

const content = Buffer.alloc(300_000, 'gatehouse');
const checksum = createHash('sha256').update(content).digest('hex');

describe('a download', () => {
  let folder: string;
  let server: Loopback;
  let shown: string[];
  const report = stepReport({ write: (text: string) => shown.push(text) });

  beforeEach(async () => {
    shown = [];
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-download-'));
  });

  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const serve = async (answer: RequestListener): Promise<string> => {
    server = await listenOnLoopback(createServer(answer));
    return `http://127.0.0.1:${server.port}/file`;
  };

  const get = async (url: string): Promise<Buffer> => {
    const file = join(folder, 'file');
    await download({ url, algorithm: 'sha256', checksum }, file, report, { connect: 1_000, stall: 200 });
    return await readFile(file);
  };

  const nothingIsLeft = async (): Promise<void> => expect(await readdir(folder)).toEqual([]);

  test('is there, whole, once it is done', async () => {
    const url = await serve((_, response) => response.end(content));
    expect(await get(url)).toEqual(content);
    expect(await readdir(folder)).toEqual(['file']);
  });

  test('follows a redirect, as release pages answer with one', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/file') response.writeHead(302, { location: '/elsewhere' }).end();
      else response.end(content);
    });
    expect(await get(url)).toEqual(content);
  });

  test('of something absent says so', async () => {
    const url = await serve((_, response) => response.writeHead(404).end('no such thing'));
    await expect(get(url)).rejects.toThrow(`${url} answers 404 Not Found`);
    await nothingIsLeft();
  });

  test('of other bytes is refused', async () => {
    const url = await serve((_, response) => response.end('something else'));
    await expect(get(url)).rejects.toThrow(`but must be ${checksum}`);
    await nothingIsLeft();
  });

  test('that breaks off leaves nothing behind', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000), () => response.destroy());
    });
    await expect(get(url)).rejects.toThrow(/broke off after/);
    await nothingIsLeft();
  });

  test('that stalls is given up', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
    });
    await expect(get(url)).rejects.toThrow(/broke off after .*[Tt]imeout/);
    await nothingIsLeft();
  });

  test('from a server that never answers is given up', async () => {
    const url = await serve(() => undefined);
    await expect(get(url)).rejects.toThrow(/cannot be reached: .*[Tt]imeout/);
    await nothingIsLeft();
  });

  test('from where nobody listens says so', async () => {
    const url = await serve(() => undefined);
    await server.stop();
    await expect(get(url)).rejects.toThrow(/^127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/);
    await nothingIsLeft();
  });
});
