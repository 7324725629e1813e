import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';

/** One address behind which servers change, as a Service is: here a Unix socket, which every network namespace of the machine reaches. */
export interface MovingAddress {
  readonly path: string;
  /** From now on connections go to this port of 127.0.0.1; undefined: to nobody. Those that are open stay. */
  readonly to: (port: number | undefined) => void;
  readonly close: () => Promise<void>;
}

export async function startMovingAddress(path: string): Promise<MovingAddress> {
  let port: number | undefined;
  const open = new Set<Socket>();
  const server = createServer((outside) => {
    if (port === undefined) return void outside.destroy();
    const inside = connect({ host: '127.0.0.1', port, noDelay: true });
    for (const [one, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      open.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
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
      for (const socket of open) socket.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}
