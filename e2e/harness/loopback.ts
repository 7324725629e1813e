import type { AddressInfo, Server, Socket } from 'node:net';

/** Where a server of a test is. */
export interface Loopback {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Ends it and all of its connections, whatever they are busy with and whatever became of them (upgrades too). */
  readonly stop: () => Promise<void>;
}

/** Lets a server of TCP, HTTP or HTTPS listen on loopback; at any free port, unless one is named. Rejects where it cannot. */
export async function listenOnLoopback(server: Server, at = 0): Promise<Loopback> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(at, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP server has no other kind of address
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
