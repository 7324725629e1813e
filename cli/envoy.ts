import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drainProxy } from '../operator/sidecar/drain.ts';
import { readyFile, startShutdownManager } from '../operator/sidecar/shutdown-manager.ts';
import { sidecarLog } from '../operator/sidecar/sidecar-log.ts';
import { errorText } from '../operator/standalone/system-error.ts';
import { durationMs, WHAT_A_DURATION_IS } from './duration.ts';
import { EXIT, type ExitCode, type Session } from './session.ts';

/** What runs beside every proxy, so it loads nothing but modules of Node: cli/main.ts branches to here before anything else is loaded. */
const HELP = `Usage: gatehouse envoy <shutdown-manager|shutdown> [options]

What stands beside a proxy in its pod.

  shutdown-manager   answers /healthz, and /shutdown/ready once the proxy is drained
    --ready-timeout <duration>               the longest that /shutdown/ready waits (default: 610s)
    --host <address>, --port <port>          where it listens (default: 0.0.0.0, 19002; port 0 takes any free one)

  shutdown           drains the proxy, for a preStop hook
    --health-check-failure-delay <duration>  how long health checks go on to succeed (default: 0s)
    --drain-timeout <duration>               the longest that it takes (default: 60s)
    --min-drain-duration <duration>          the shortest that it takes (default: 10s)
    --exit-at-connections <number>           so many connections may be left (default: 0)
    --admin-address <host:port>              Envoy's admin interface (default: 127.0.0.1:19000)

  both
    --ready-folder <path>                    where the one tells the other: shutdown-ready in this folder (default: /tmp)

Exit codes: 0 fine, 1 failed, 2 wrong usage
`;

class UsageError extends Error {}

type Values = Readonly<Record<string, string>>;

const OF_BOTH = { 'ready-folder': '/tmp' };
const VERBS: Readonly<
  Record<string, { readonly defaults: Values; readonly act: (values: Values, session: Session) => Promise<ExitCode> }>
> = {
  'shutdown-manager': { defaults: { ...OF_BOTH, 'ready-timeout': '610s', host: '0.0.0.0', port: '19002' }, act: manage },
  shutdown: {
    defaults: {
      ...OF_BOTH,
      'health-check-failure-delay': '0s',
      'drain-timeout': '60s',
      'min-drain-duration': '10s',
      'exit-at-connections': '0',
      'admin-address': '127.0.0.1:19000',
    },
    act: shutdown,
  },
};

/** `gatehouse envoy ...`; `args` are those after `envoy`. Never rejects. */
export async function envoy(args: readonly string[], session: Session): Promise<ExitCode> {
  const [name = '', ...rest] = args;
  try {
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (args.includes('--help') || args.includes('-h')) {
      session.stdout.write(HELP);
      return EXIT.fine;
    }
    if (verb === undefined) throw new UsageError(name === '' ? 'which of shutdown-manager and shutdown?' : `unknown command '${name}'`);
    return await verb.act({ ...verb.defaults, ...given(rest, Object.keys(verb.defaults)) }, session);
  } catch (error) {
    const usage = error instanceof UsageError;
    session.stderr.write(`error: ${errorText(error)}\n${usage ? `\n${HELP}` : ''}`);
    return usage ? EXIT.usage : EXIT.failed;
  }
}

function given(args: readonly string[], names: readonly string[]): Values {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args: [...args], options, allowPositionals: false });
    return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

async function manage(values: Values, { stop, stdout }: Session): Promise<ExitCode> {
  const manager = await startShutdownManager({
    host: text(values, 'host'),
    port: portOf(values),
    folder: text(values, 'ready-folder'),
    readyTimeoutMs: duration(values, 'ready-timeout'),
    log: sidecarLog('shutdown-manager', (line) => stdout.write(line), false),
  });
  await new Promise<void>((resolve) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
    if (stop.aborted) resolve();
  });
  await manager.close();
  return EXIT.fine;
}

async function shutdown(values: Values, { stop, stdout, environment }: Session): Promise<ExitCode> {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(text(values, 'admin-address')) ?? [];
  if (host === '') throw new UsageError('--admin-address needs <host>:<port>');
  const log = sidecarLog('shutdown', (line) => stdout.write(line), environment['KUBERNETES_SERVICE_HOST'] !== undefined);
  const end = await drainProxy({
    admin: { host, port: Number(port) },
    healthCheckFailureDelayMs: duration(values, 'health-check-failure-delay'),
    drainTimeoutMs: duration(values, 'drain-timeout'),
    minDrainDurationMs: duration(values, 'min-drain-duration'),
    exitAtConnections: whole(values, 'exit-at-connections'),
    log,
    stop,
  });
  log(end === 'drained' ? 'info' : 'warn', `the drain has ended: ${end}`);
  // Also after the time limit: Envoy's own hook waits for it.
  writeFileSync(readyFile(text(values, 'ready-folder')), '');
  return EXIT.fine;
}

const text = (values: Values, name: string): string => values[name] ?? '';

function duration(values: Values, name: string): number {
  const ms = durationMs(text(values, name));
  if (ms === undefined) throw new UsageError(`--${name}: ${WHAT_A_DURATION_IS}`);
  return ms;
}

function portOf(values: Values): number {
  const port = whole(values, 'port');
  if (port > 65_535) throw new UsageError('--port: a port is a whole number from 0 to 65535; 0 takes any free one');
  return port;
}

function whole(values: Values, name: string): number {
  const number = Number(text(values, name));
  if (!/^\d{1,9}$/.test(text(values, name))) throw new UsageError(`--${name}: a whole number is needed`);
  return number;
}
