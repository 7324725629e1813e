import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server on loopback that can be cut, while the server lives on. */
export class CuttableProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  private constructor(port: number, from: string) {
    this.#server = createServer((client) => this.#join(client, port, from));
  }

  /** In front of this port of 127.0.0.1. The server sees connections come `from` this loopback address. */
  static async start(port: number, from = '127.0.0.1'): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(port, from);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    // Boundary: a server that listens on TCP has such an address.
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks all connections and lets no new one through. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, port: number, from: string): void {
    if (this.#cut) {
      client.destroy();
      return;
    }
    const server = connect({ port, host: '127.0.0.1', localAddress: from });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      // A broken connection ends the other half; there is nobody else to tell.
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  }
}
