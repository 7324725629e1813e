import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ResourceCache } from '../resource-cache.ts';
import { AdsServer, type AdsServerOptions } from '../server.ts';
import { DeltaClient, type Identity } from './delta-client.ts';
import { HandClock } from './hand-clock.ts';

/** A server on a Unix socket of its own, its cache, its clock and its clients. */
export interface TestServer {
  readonly cache: ResourceCache;
  readonly clock: HandClock;
  readonly server: AdsServer;
  readonly target: string;
  readonly path: string;
  connect(identity?: Partial<Identity>, method?: string): DeltaClient;
  close(): Promise<void>;
}

export async function startTestServer(options: Partial<AdsServerOptions> = {}): Promise<TestServer> {
  const cache = new ResourceCache();
  const clock = new HandClock();
  const server = new AdsServer({ cache, clock, ...options });
  const folder = await mkdtemp(join(tmpdir(), 'ads-'));
  const path = join(folder, 'xds.sock');
  const target = `unix:${path}`;
  await server.listen({ path });
  const clients: DeltaClient[] = [];
  const connect = (identity?: Partial<Identity>, method?: string): DeltaClient => {
    const client = new DeltaClient(target, identity, method === undefined ? {} : { method });
    clients.push(client);
    return client;
  };
  const close = async (): Promise<void> => {
    for (const client of clients) client.close();
    await server.close(0);
    await rm(folder, { recursive: true, force: true });
  };
  return { cache, clock, server, target, path, connect, close };
}
