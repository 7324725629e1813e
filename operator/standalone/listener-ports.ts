import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Transport } from '../../translators/ir/transport.ts';
import { errorCode, errorText } from './system-error.ts';

/** Ports from here on need no right, where the system does not say otherwise. */
const UNPRIVILEGED = 1024;
/** What is added to a port that may not be bound (contract D.3). */
const SHIFT = 10_000;
const CONNECT_MS = 1000;

/** Undefined: the port was bound and let go again. */
function tryPort(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errorCode(error) ?? errorText(error)));
    server.listen({ port, host, exclusive: true, ipv6Only: false }, () => server.close(() => resolve(undefined)));
  });
}

/** The same for datagrams. */
function tryDatagramPort(port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' });
    socket.once('error', (error) => socket.close(() => resolve(errorCode(error) ?? errorText(error))));
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}

/** `::`, which takes IPv4 too, or `0.0.0.0` where the machine has no IPv6. */
export async function anyAddress(): Promise<string> {
  return (await tryPort(0, '::')) === undefined ? '::' : '0.0.0.0';
}

async function lowestPort(address: string): Promise<number> {
  // Port 1 has been nobody's for decades; one needs the right first, whether it is taken is asked later.
  if ((await tryPort(1, address)) !== 'EACCES') return 1;
  const limit = Number(await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => ''));
  return limit > 0 ? limit : UNPRIVILEGED;
}

/** Which port a listener binds on this machine: its own, or port + 10000 where it lacks the right. */
export async function hostPorts(address: string): Promise<(port: number) => number> {
  const lowest = await lowestPort(address);
  return (port) => (port < lowest ? port + SHIFT : port);
}

/** Why a port cannot be bound, with the cure; undefined where it is free. Only a try says so, hence ask before somebody of ours binds it. */
export async function portProblem(number: number, address: string, transport: Transport = 'TCP'): Promise<string | undefined> {
  const code = await (transport === 'UDP' ? tryDatagramPort : tryPort)(number, address);
  const port = transport === 'UDP' ? `${number}/udp` : String(number);
  if (code === undefined) return undefined;
  if (code === 'EADDRINUSE')
    return `cannot bind port ${port}: already in use by another process. Change the listener's port or stop that process.`;
  if (code === 'EACCES')
    return `cannot bind port ${port}: not permitted. Choose a port from ${UNPRIVILEGED} on, or run with the right to bind it.`;
  return `cannot bind port ${port}: ${code}. Choose another port.`;
}

/** Where clients find what listens on all addresses: those of this machine, or the loopback address where it has no other. At most 16, as a Gateway can show. */
export function hostAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const reachable = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:')).map(({ address }) => address);
  return reachable.length === 0 ? ['127.0.0.1'] : [...new Set(reachable)].sort().slice(0, 16);
}

/** Whether something takes connections on a port of this machine. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: CONNECT_MS });
    const done = (connected: boolean): void => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}
