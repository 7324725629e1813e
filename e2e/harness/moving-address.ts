import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { JoinedSockets } from './joined-sockets.ts';

/** One address behind which servers change, as a Service is: here a Unix socket, which every network namespace of the machine reaches. */
export interface MovingAddress {
  readonly path: string;
  /** From now on connections go to this port of 127.0.0.1; undefined: to nobody. Those that are open stay. */
  readonly to: (port: number | undefined) => void;
  readonly close: () => Promise<void>;
}

export async function startMovingAddress(path: string): Promise<MovingAddress> {
  let port: number | undefined;
  const joined = new JoinedSockets();
  const server = createServer((outside) => {
    if (port === undefined) return void outside.destroy();
    joined.join(outside, connect({ host: '127.0.0.1', port, noDelay: true }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    path,
    to: (next) => {
      port = next;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      joined.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}
