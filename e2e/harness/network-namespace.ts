import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { type ManagedProcess, startProcess } from './managed-process.ts';
import { until } from './until.ts';

/**
 * Another network on this machine, with its own loopback, for what an API server does not let be on loopback: EndpointSlices refuse such
 * addresses. Proxies and backends run inside; all else stays outside and talks to them by Unix sockets, which know no network.
 */
export interface NetworkNamespace {
  /** Where the backends are: an address that only the inside has (TEST-NET-2, RFC 5737). */
  readonly address: string;
  /** What stands before a command that is to run inside. */
  readonly enter: readonly [string, ...string[]];
  /** The path of a program that runs `command` inside, with the arguments that it is given. */
  readonly program: (command: string) => Promise<string>;
  /** A connection to a port of 127.0.0.1 inside. It is closed at once where nobody listens there. */
  readonly connect: (port: number) => Socket;
  readonly stop: () => Promise<void>;
}

const ADDRESS = '198.51.100.10';
const SET_UP = 'ip link set lo up && ip address add "$1/32" dev lo && shift && exec "$@"';

const isRoot = process.getuid?.() === 0;
/** Whoever is not root may make a network of their own only together with users of its own. */
const UNSHARE: readonly string[] = isRoot ? ['--net'] : ['--user', '--map-root-user', '--net'];

/** Why none can be made on this machine, in a line; undefined: it can. */
export async function networkNamespaceProblem(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  for (const [command, argument, from] of [
    ['unshare', '--version', 'util-linux'],
    ['nsenter', '--version', 'util-linux'],
    ['ip', '-V', 'iproute2'],
  ] as const) {
    const { ok } = await runCommand(command, [argument]);
    if (!ok) return `\`${command}\` is missing: install ${from}`;
  }
  const { ok, reason } = await runCommand('unshare', [...UNSHARE, 'ip', 'link', 'set', 'lo', 'up']);
  if (ok) return undefined;
  const cure = isRoot ? 'the right CAP_SYS_ADMIN is needed' : 'run as root, or allow user namespaces without rights';
  return `this machine lets nobody make a network namespace (${reason.replaceAll(/\s+/g, ' ')}): ${cure}`;
}

/** Makes a namespace with an echo backend on each of the ports; `pod-<port>` is what the backend calls itself. */
export async function startNetworkNamespace(backendPorts: readonly number[]): Promise<NetworkNamespace> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-net-'));
  const relay = join(folder, 'relay.sock');
  const host = join(import.meta.dirname, 'namespace-host.ts');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', host, relay, ADDRESS, ...backendPorts.map(String)];
  const holder = await startProcess({
    name: 'unshare',
    command: 'unshare',
    args: [...UNSHARE, '--', 'sh', '-c', SET_UP, 'sh', ADDRESS, ...node],
  });
  const stop = async (): Promise<void> => {
    await holder.stop('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(holder);
  } catch (error) {
    await stop();
    throw error;
  }
  const enter = entering(holder.pid);
  return {
    address: ADDRESS,
    enter,
    program: (command) => writeProgram(join(folder, 'program'), [...enter, command]),
    connect: (port) => {
      const socket = connect({ path: relay });
      socket.write(`${port}\n`);
      return socket;
    },
    stop,
  };
}

async function untilReady(holder: ManagedProcess): Promise<void> {
  const outcome = await until('the network namespace is ready', async () => {
    if (!holder.isRunning()) return 'ended';
    return holder.logs().includes('ready\n') ? 'ready' : undefined;
  });
  if (outcome === 'ended') throw new Error(`the network namespace could not be made:\n${holder.logs()}`);
}

function entering(pid: number): readonly [string, ...string[]] {
  const users = isRoot ? [] : ['--user', '--preserve-credentials'];
  return ['nsenter', `--target=${pid}`, ...users, '--net', '--'];
}

async function writeProgram(path: string, command: readonly string[]): Promise<string> {
  const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  await writeFile(path, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}
