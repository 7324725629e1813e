import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EnvoyProcess, startEnvoy } from '../harness/envoy-process.ts';
import { type Loopback, listenOnLoopback } from '../harness/loopback.ts';
import { type ManagedProcess, startProcess } from '../harness/managed-process.ts';
import { until } from '../harness/until.ts';
import { bundleProgram } from '../images/bundle.ts';

/** As the image runs it: built to JavaScript, in a folder without node_modules, so that a package of ours that it loaded would end it. */

let folder: string;
let backend: Loopback;
let envoy: EnvoyProcess;
let port: number;
let tmp: string;
let stack: AsyncDisposableStack;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-sidecar-'));
  await bundleProgram(join(folder, 'dist'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  // `/slow/<ms>` answers after that time.
  const server = createServer((request, response) => {
    setTimeout(() => response.end('whole'), Number(/^\/slow\/(\d+)$/.exec(request.url ?? '')?.[1] ?? 0));
  });
  backend = await listenOnLoopback(server);
}, 120_000);

afterAll(async () => {
  await backend.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  tmp = await mkdtemp(join(folder, 'tmp-'));
  envoy = await startEnvoy({
    bootstrap: bootstrap(backend.port),
    flags: ['--concurrency', '1', '--drain-strategy', 'immediate'],
  });
  stack.defer(() => envoy.stop());
  port = await envoy.listenerPort('web');
  await envoy.ready();
}, 60_000);
afterEach(() => stack.disposeAsync());

async function sidecar(...args: readonly string[]): Promise<ManagedProcess> {
  const started = await startProcess({
    name: 'gatehouse envoy',
    command: process.execPath,
    args: [join(folder, 'dist/main.js'), 'envoy', ...args, '--ready-folder', tmp],
    env: { PATH: process.env['PATH'] },
  });
  stack.defer(() => started.stop());
  return started;
}

const shutdown = (...flags: readonly string[]): Promise<ManagedProcess> =>
  sidecar('shutdown', '--admin-address', new URL(envoy.adminUrl).host, ...flags);

async function manager(...flags: readonly string[]): Promise<{ readonly process: ManagedProcess; readonly url: string }> {
  const started = await sidecar('shutdown-manager', '--host', '127.0.0.1', '--port', '0', ...flags);
  const at = await until('the shutdown manager listens', async () => /on port (\d+)/.exec(started.logs())?.[1]);
  return { process: started, url: `http://127.0.0.1:${at}` };
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly closes: boolean;
}

const ask = (path: string, agent: Agent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode, body, closes: response.headers.connection === 'close' }));
      response.on('error', reject);
    }).on('error', reject);
  });

/** A connection that stays. */
const keptAlive = (): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  stack.defer(() => agent.destroy());
  return agent;
};

const isReady = (): boolean => existsSync(join(tmp, 'shutdown-ready'));
/** Whole seconds since `began`, cut off. */
const since = (began: number): number => Math.floor((performance.now() - began) / 1000);

test('a request in flight is let finish, its connection is told to go, and only then Envoy may stop', async () => {
  const { url } = await manager();
  const inFlight = ask('/slow/4000', keptAlive());
  await until('Envoy counts the connection', async () => connections().then((count) => count === 1 || undefined));
  let order = '';
  const mayStop = fetch(`${url}/shutdown/ready`).then((response) => {
    order += 'stop';
    return response.status;
  });
  const drain = await shutdown('--min-drain-duration', '1s', '--drain-timeout', '30s');
  const answer = await inFlight.finally(() => {
    order += 'answer ';
  });
  expect(answer).toEqual({ status: 200, body: 'whole', closes: true });
  expect(await drain.ended).toBe(0);
  expect(await mayStop).toBe(200);
  expect(order).toBe('answer stop');
  expect(drain.logs()).toContain('the drain has ended: drained');
}, 60_000);

test('without connections it takes the shortest time that it may, and new ones are served all the while', async () => {
  const began = performance.now();
  const drain = await shutdown('--min-drain-duration', '3s', '--drain-timeout', '30s');
  await until('the drain has begun', async () => drain.logs().includes('draining') || undefined);
  expect(await ask('/', new Agent())).toMatchObject({ status: 200, closes: true });
  expect(isReady()).toBe(false);
  expect(await drain.ended).toBe(0);
  expect(since(began)).toBeGreaterThanOrEqual(3);
  expect(isReady()).toBe(true);
  expect(await envoy.admin('/server_info')).toContain('"state": "DRAINING"');
}, 60_000);

test('a connection that nobody closes ends with the time limit', async () => {
  const agent = keptAlive();
  const stuck = ask('/slow/60000', agent).catch(() => 'cut');
  await until('Envoy counts the connection', async () => connections().then((count) => count === 1 || undefined));
  const began = performance.now();
  const drain = await shutdown('--min-drain-duration', '0s', '--drain-timeout', '3s');
  expect(await drain.ended).toBe(0);
  expect(since(began)).toBeGreaterThanOrEqual(3);
  expect(isReady()).toBe(true);
  expect(drain.logs()).toContain('the drain has ended: timeout');
  agent.destroy();
  expect(await stuck).toBe('cut');
}, 60_000);

test('so many connections may be left as one says', async () => {
  const agent = keptAlive();
  const stuck = ask('/slow/60000', agent).catch(() => 'cut');
  await until('Envoy counts the connection', async () => connections().then((count) => count === 1 || undefined));
  const drain = await shutdown('--min-drain-duration', '0s', '--drain-timeout', '50s', '--exit-at-connections', '1');
  expect(await drain.ended).toBe(0);
  expect(drain.logs()).toContain('the drain has ended: drained');
  agent.destroy();
  await stuck;
}, 60_000);

test('with a delay connections drain first, and health checks fail later', async () => {
  const drain = await shutdown('--min-drain-duration', '0s', '--drain-timeout', '30s', '--health-check-failure-delay', '3s');
  await until('the drain has begun', async () => drain.logs().includes('draining') || undefined);
  expect(await stat('server.live')).toBe(1);
  expect(await drain.ended).toBe(0);
  expect(await stat('server.live')).toBe(0);
}, 60_000);

test('an Envoy that is gone is not waited for', async () => {
  await envoy.stop();
  const drain = await shutdown('--min-drain-duration', '0s', '--drain-timeout', '500s');
  expect(await drain.ended).toBe(0);
  expect(drain.logs()).toContain('the drain has ended: gone');
  expect(isReady()).toBe(true);
}, 60_000);

describe('shutdown manager', () => {
  test('takes less than 60 MB, and says that it is well', async () => {
    const { url, process: beside } = await manager();
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
    expect((await fetch(`${url}/else`)).status).toBe(404);
    const megabytes = rssMb(beside.pid);
    process.stdout.write(`shutdown manager: RSS ${megabytes.toFixed(1)} MB\n`);
    expect(megabytes).toBeLessThan(60);
  });

  test('answers 503 when the time is up, and when it is stopped before the proxy is drained', async () => {
    const { url } = await manager('--ready-timeout', '300ms');
    expect((await fetch(`${url}/shutdown/ready`)).status).toBe(503);
    const patient = await manager();
    const waiting = fetch(`${patient.url}/shutdown/ready`);
    await sleep(300);
    await patient.process.stop('SIGTERM');
    expect((await waiting).status).toBe(503);
    expect(await patient.process.ended).toBe(0);
  });

  test('what an earlier container left says nothing about this one', async () => {
    await writeFile(join(tmp, 'shutdown-ready'), '');
    const { url } = await manager('--ready-timeout', '300ms');
    expect((await fetch(`${url}/shutdown/ready`)).status).toBe(503);
  });
});

test.each([
  [['sideways'], "unknown command 'sideways'"],
  [['shutdown', '--drain-timeout', 'soon'], '--drain-timeout: a duration is a number with its unit'],
  [['shutdown', '--drain-timeot', '3s'], '--drain-timeot'],
  [['shutdown', '--exit-at-connections', '-1'], '--exit-at-connections'],
])('wrong usage: %j', async (args, message) => {
  const wrong = await sidecar(...args);
  expect(await wrong.ended).toBe(2);
  expect(wrong.logs()).toContain(message);
});

test('how long a preStop hook takes to begin, as printed', async () => {
  const began = performance.now();
  const run = await sidecar('shutdown', '--help');
  expect(await run.ended).toBe(0);
  process.stdout.write(`envoy shutdown: ${(performance.now() - began).toFixed(0)} ms from start to end without a drain\n`);
  expect(run.logs()).toContain('--min-drain-duration');
});

async function stat(name: string): Promise<number> {
  return Number((await envoy.admin(`/stats?filter=${name}$`)).split(': ')[1]);
}

const connections = (): Promise<number> => stat('server.total_connections');

const rssMb = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const loopback = (at: number): object => ({ socket_address: { address: '127.0.0.1', port_value: at } });

function bootstrap(backendPort: number): Record<string, unknown> {
  const name = 'backend';
  const route = { match: { prefix: '/' }, route: { cluster: name, timeout: '0s' } };
  const typed = (type: string, fields: object): object => ({
    typed_config: { '@type': `type.googleapis.com/envoy.extensions.filters.${type}`, ...fields },
  });
  const manager = {
    name: 'hcm',
    ...typed('network.http_connection_manager.v3.HttpConnectionManager', {
      stat_prefix: 'web',
      route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
      http_filters: [{ name: 'router', ...typed('http.router.v3.Router', {}) }],
    }),
  };
  return {
    stats_flush_interval: '0.2s',
    static_resources: {
      listeners: [{ name: 'web', address: loopback(0), filter_chains: [{ filters: [manager] }] }],
      clusters: [
        {
          name,
          type: 'STATIC',
          load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(backendPort) } }] }] },
        },
      ],
    },
  };
}
