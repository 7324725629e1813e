import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { ResourceCache } from './resource-cache.ts';
import { AdsServer } from './server.ts';
import { DeltaClient } from './testing/delta-client.ts';
import { sample, set } from './testing/sample-resources.ts';

const credentials = ServerCredentials.createInsecure();

let folder: string;
let cache: ResourceCache;
let server: AdsServer;
const clients: DeltaClient[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ads-'));
  cache = new ResourceCache();
  server = new AdsServer({ cache });
  cache.update('fleet', set(sample('listener', 'a')));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close(0);
  await rm(folder, { recursive: true, force: true });
});

const connect = (target: string): DeltaClient => {
  const client = new DeltaClient(target);
  clients.push(client);
  client.ask('listener');
  return client;
};

test('a Unix socket is ours alone, and gone after the end', async () => {
  const path = join(folder, 'xds.sock');
  expect(await server.listen({ path })).toBe(0);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['xds.sock']);
  expect((await connect(`unix:${path}`).one()).resources).toEqual({ a: '1' });
  for (const client of clients.splice(0)) client.close();
  await server.close(1_000);
  expect(await readdir(folder)).toEqual([]);
});

test('a Unix socket that a dead process left is replaced', async () => {
  const path = join(folder, 'xds.sock');
  await writeFile(path, '');
  await server.listen({ path });
  expect((await connect(`unix:${path}`).one()).resources).toEqual({ a: '1' });
});

test('a TCP port of its choice', async () => {
  const port = await server.listen({ address: '127.0.0.1:0', credentials });
  expect(port).toBeGreaterThan(0);
  expect((await connect(`127.0.0.1:${port}`).one()).resources).toEqual({ a: '1' });
});

test('a port that is taken is an error', async () => {
  const port = await server.listen({ address: '127.0.0.1:0', credentials });
  const other = new AdsServer({ cache });
  await expect(other.listen({ address: `127.0.0.1:${port}`, credentials })).rejects.toThrow(/EADDRINUSE/);
  await other.close(0);
});

test('the end of the server ends the streams in order, and what the cache does then is nobody’s concern', async () => {
  const port = await server.listen({ address: '127.0.0.1:0', credentials });
  const client = connect(`127.0.0.1:${port}`);
  await client.one();
  const closed = server.close(10_000);
  expect(await client.ended()).toMatchObject({ code: 0 });
  await closed;
  expect(server.fleetState('fleet')).toEqual({ nodes: [] });
  cache.update('fleet', set(sample('listener', 'b')));
});

test('a client that does not go is cut off after the grace', async () => {
  const port = await server.listen({ address: '127.0.0.1:0', credentials });
  const client = connect(`127.0.0.1:${port}`);
  await client.one();
  client.pause();
  cache.update('fleet', set(sample('listener', 'big', { bytes: new Uint8Array(3_000_000) })));
  await server.close(0);
  expect(server.fleetState('fleet')).toEqual({ nodes: [] });
});
