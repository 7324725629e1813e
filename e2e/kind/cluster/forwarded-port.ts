import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

/** A port of 127.0.0.1 whose connections are led on. */
export interface ForwardedPort {
  readonly port: number;
  /** Ends it and all its connections. */
  readonly close: () => Promise<void>;
}

/** Where connections go on to; `preamble` is said first. */
export type Destination = NetConnectOpts & { readonly preamble?: string };

export async function forwardPort({ preamble, ...destination }: Destination): Promise<ForwardedPort> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(destination);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    if (preamble !== undefined) far.write(preamble);
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return {
    port: address.port,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
