import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Where ports are chosen: above those that services of this machine have, below those that a cluster gives out as node ports. */
const LOWEST = 20_000;
const END = 30_000;
const TRIES = 100;

/**
 * A TCP port of 127.0.0.1 that nobody listens on just now. None of those that the system gives to outgoing connections, or one of these may take it before it
 * is bound. Take a port 0 instead wherever the program can be asked for what it got.
 */
export async function freePort(): Promise<number> {
  const end = Math.min(END, await firstEphemeralPort());
  for (let time = 0; time < TRIES && end > LOWEST; time += 1) {
    const port = await bound(randomInt(LOWEST, end)).catch(() => undefined);
    if (port !== undefined) return port;
  }
  return bound(0);
}

/** Of `ip_local_port_range` (ip(7)); the default where it cannot be read. */
async function firstEphemeralPort(): Promise<number> {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
  return Number.parseInt(range, 10) || 32_768;
}

/** Binds a port (0: any) and lets it go; rejects where it is taken. */
async function bound(port: number): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}
