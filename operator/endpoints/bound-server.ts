import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostAndPort } from '../wildcard-address.ts';

// Not imported: an import reads every export of the module, and some of them load Node's own HTTP client, 15 MB that no endpoint needs.
const { createServer } = process.getBuiltinModule('node:http');

/** Where an endpoint of ours listens. */
export interface EndpointAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** An endpoint that listens. */
export interface Endpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** What to tell whoever asked for a port that is not to be had; `flag` is how another one is chosen. */
export function portError(what: string, { host, port }: EndpointAddress, reason: { readonly code: string; readonly flag: string }): Error {
  const why = reason.code === 'EADDRINUSE' ? 'already in use by another process' : reason.code;
  return new Error(
    `${what}: cannot listen on ${hostAndPort(host, port)}: ${why}. Stop that process, or choose another port with ${reason.flag} (0 = any free one).`,
  );
}

/** Listens for HTTP; rejects with the system's error. */
export function listenHttp(address: EndpointAddress, handler: RequestListener): Promise<Endpoint> {
  const server = createServer(handler);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      const { port } = server.address() as AddressInfo; // a TCP server has no other kind of address
      const close = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => done());
          server.closeAllConnections();
        });
      resolve({ port, close });
    });
  });
}
