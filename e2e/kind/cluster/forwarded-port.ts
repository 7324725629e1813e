import { connect, createServer, type NetConnectOpts } from 'node:net';
import { JoinedSockets } from '../../harness/joined-sockets.ts';

/** A port of 127.0.0.1 whose connections are led on. */
export interface ForwardedPort {
  readonly port: number;
  /** Ends it and all its connections. */
  readonly close: () => Promise<void>;
}

/** Where connections go on to; `preamble` is said first. */
export type Destination = NetConnectOpts & { readonly preamble?: string };

export async function forwardPort({ preamble, ...destination }: Destination): Promise<ForwardedPort> {
  const joined = new JoinedSockets();
  const server = createServer((near) => {
    const far = connect(destination);
    if (preamble !== undefined) far.write(preamble);
    joined.join(near, far);
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
      joined.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
