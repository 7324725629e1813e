import { createSocket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A DNS server of this machine, and how a program is made to ask it. */
export interface NameServer {
  /** What stands before a command that is to ask it, as a pod asks: with the search path of namespace `shop`. */
  readonly enter: readonly [string, ...string[]];
  /** What was asked for, in order. */
  readonly asked: readonly string[];
  readonly stop: () => Promise<void>;
}

/** A loopback address that nobody else has, since resolvers ask port 53 only. */
const ADDRESS = '127.0.53.53';
const RESOLVER = `search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver ${ADDRESS}\noptions ndots:5\n`;
/** A mount of its own over the machine's file, which nobody else sees. */
const SET_UP = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';

const A = 1;
const HEADER = 12;

/** Answers these names with 127.0.0.1, and no other with anything. Needs the right to mount and to bind port 53, which root has. */
export async function startNameServer(names: readonly string[]): Promise<NameServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-dns-'));
  const resolver = join(folder, 'resolv.conf');
  await writeFile(resolver, RESOLVER);
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    asked.push(name);
    socket.send(answerTo(query, end, names.includes(name) ? type : undefined), port, address);
  });
  await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(53, ADDRESS, resolve));
  return {
    enter: ['unshare', '--mount', '--', 'sh', '-c', SET_UP, 'sh', resolver],
    asked,
    stop: async () => {
      await new Promise<void>((resolve) => socket.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

/** RFC 1035, 4.1.2: labels with their lengths, type and class. */
function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** @param type undefined: there is no such name (NXDOMAIN) */
function answerTo(query: Buffer, end: number, type: number | undefined): Buffer {
  const header = Buffer.alloc(HEADER);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(type === undefined ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(type === A ? 1 : 0, 6);
  // The name of the question again, class IN, for 5 s.
  const record = Buffer.from([0xc0, HEADER, 0, A, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([header, query.subarray(HEADER, end), ...(type === A ? [record] : [])]);
}
