import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identifyProcess } from '../../operator/standalone/process-identity.ts';
import { freePort } from '../harness/free-port.ts';
import type { ManagedProcess } from '../harness/managed-process.ts';
import { startProcess } from '../harness/managed-process.ts';
import { until } from '../harness/until.ts';

const COMMAND = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));
const QUICKSTART = fileURLToPath(new URL('../../examples/quickstart.yaml', import.meta.url));
const SLOW = 120_000;

let folder: string;
let file: string;
let listener: number;
let backend: number;
let started: ManagedProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-'));
  file = join(folder, 'quickstart.yaml');
  [listener, backend] = [await freePort(), await freePort()];
  started = [];
  const text = await readFile(QUICKSTART, 'utf8');
  await writeFile(file, text.replaceAll('8888', String(listener)).replaceAll('3000', String(backend)));
}, SLOW);
afterEach(async () => {
  await Promise.all(started.map((process) => process.stop('SIGKILL')));
  await rm(folder, { recursive: true, force: true });
}, SLOW);

async function run(...args: readonly string[]): Promise<ManagedProcess> {
  const ports = [
    '--health-port',
    '0',
    '--metrics-port',
    '0',
    '--admin-port',
    '0',
    '--runtime-dir',
    join(folder, 'r'),
    '--log-level',
    'info',
  ];
  const process_ = await startProcess({
    name: 'gatehouse',
    command: COMMAND,
    args: ['run', '-f', file, ...ports, ...args],
    env: process.env,
  });
  started.push(process_);
  return process_;
}

/** The first line of its output that fits, from `since` characters on. */
const line = (of: ManagedProcess, fits: RegExp, since = 0): Promise<string> =>
  until(`a line ${fits}`, async () => {
    const found = of
      .logs()
      .slice(since)
      .split('\n')
      .find((each) => fits.test(each));
    if (found === undefined) throw new Error(`its output is\n${of.logs()}`);
    return found;
  });

const ready = (of: ManagedProcess, since = 0): Promise<string> => line(of, /^Ready:/, since);
const edit = async (change: (text: string) => string): Promise<void> => writeFile(file, change(await readFile(file, 'utf8')));

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function get(host: string, path = '/get'): Promise<Answer> {
  // fetch may not set Host.
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: listener, path, headers: { host }, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject).end();
  });
}

const answers = (host: string, status: number): Promise<true> =>
  until(`${host} answers ${status}`, async () => ((await get(host)).status === status ? true : undefined));

/** The processes that a run noted in its runtime folder. */
async function envoyOf(of: ManagedProcess): Promise<number> {
  return Number((await readFile(join(folder, 'r', `run-${of.pid}`, '1.pid'), 'utf8')).split(' ')[0]);
}

test(
  'the quickstart answers, follows edits, survives a broken one and leaves nothing behind',
  async () => {
    const gatehouse = await run('--sample-backend', String(backend));
    await ready(gatehouse);
    const logs = gatehouse.logs();
    expect(logs).toContain(`served gateway=default/eg port=${listener} protocol=HTTP host=www.example.com`);
    expect(logs).toMatch(/^status Gateway default\/eg Programmed=True /m);
    expect(logs).toMatch(/^status HTTPRoute default\/backend parent=default\/eg Accepted=True /m);
    expect(logs).not.toContain('\u001b');

    const answer = await get('www.example.com');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ path: '/get', host: 'www.example.com', method: 'GET' });
    expect((await get('other.example.com')).status).toBe(404);

    await edit((text) => text.replace('www.example.com\n  rules', 'edited.example.com\n  rules'));
    await answers('edited.example.com', 200);
    await answers('www.example.com', 404);
    expect(await line(gatehouse, /^changed /)).toBe('changed HTTPRoute default/backend');

    const since = gatehouse.logs().length;
    await edit((text) => text.replace('PathPrefix', 'PathPrefx'));
    const error = await line(gatehouse, /^error: /, since);
    expect(error).toMatch(
      /quickstart\.yaml:\d+: HTTPRoute default\/backend: spec\.rules\[0\]\.matches\[0\]\.path\.type: .+ Until then its last good version stays in use\.$/,
    );
    expect((await get('edited.example.com')).status).toBe(200);

    await edit((text) => `${text}\n  - [`);
    expect(await line(gatehouse, /^error: .*not valid YAML/, since)).toMatch(/EndpointSlice backend: .*Correct this line\./);
    expect((await get('edited.example.com')).status).toBe(200);

    await edit((text) => text.replace('\n  - [', '').replace('PathPrefx', 'PathPrefix').replace('edited', 'mended'));
    await answers('mended.example.com', 200);
    expect(gatehouse.logs()).toMatch(/^mended: /m);

    const envoy = await envoyOf(gatehouse);
    expect(identifyProcess(envoy)).toBeDefined();
    await gatehouse.stop('SIGINT');
    expect(await gatehouse.ended).toBe(0);
    expect(identifyProcess(envoy)).toBeUndefined();
    await expect(get('mended.example.com')).rejects.toThrow('ECONNREFUSED');
  },
  SLOW,
);

test(
  'ports that an edit adds or moves are served, and said to be ready',
  async () => {
    const gatehouse = await run('--sample-backend', String(backend));
    await ready(gatehouse);
    const since = gatehouse.logs().length;
    const other = await freePort();
    await edit((text) => text.replace(`port: ${listener}\n`, `port: ${other}\n`));
    expect(await ready(gatehouse, since)).toContain(`port ${other}.`);
    listener = other;
    expect((await get('www.example.com')).status).toBe(200);

    const later = gatehouse.logs().length;
    const busy = await taken();
    await edit((text) => text.replace(`port: ${other}\n`, `port: ${busy}\n`));
    const refused = await line(gatehouse, /^status Gateway default\/eg listener=http Programmed=False/, later);
    expect(refused).toMatch(new RegExp(`${busy}.*in use`));
    expect(gatehouse.logs().slice(later)).not.toMatch(/^Ready:/m);
  },
  SLOW,
);

test(
  'a second run on the same port says so, takes nothing away, and serves once the port is free',
  async () => {
    const first = await run('--sample-backend', String(backend));
    await ready(first);
    const second = await run();
    const error = await line(second, /^error: /);
    expect(error).toBe(
      `error: Gateway default/eg: cannot bind port ${listener}: already in use by another process. Change the listener's port or stop that process.`,
    );
    expect(second.logs()).not.toMatch(/^Ready:/m);
    for (let i = 0; i < 20; i += 1) expect((await get('www.example.com')).status).toBe(200);
    await first.stop('SIGTERM');
    await ready(second);
  },
  SLOW,
);

test(
  'a taken port of an endpoint ends it with the cure',
  async () => {
    const gatehouse = await run('--health-port', String(await taken()));
    expect(await gatehouse.ended).toBe(1);
    expect(gatehouse.logs()).toMatch(
      /^error: health endpoint: .* already in use by another process\. .*--health-port \(0 = any free one\)\.$/m,
    );
  },
  SLOW,
);

test(
  'a request in flight at Ctrl-C gets its answer; a second Ctrl-C does not wait',
  async () => {
    const gatehouse = await run('--sample-backend', String(backend));
    await ready(gatehouse);
    const slow = get('www.example.com', '/?delay=1500ms');
    await new Promise((wake) => setTimeout(wake, 300));
    await gatehouse.stop('SIGINT');
    expect((await slow).status).toBe(200);
    expect(await gatehouse.ended).toBe(0);

    const again = await run('--sample-backend', String(backend));
    await ready(again);
    const envoy = await envoyOf(again);
    const cut = get('www.example.com', '/?delay=60s').catch(() => ({ status: 0 }));
    await new Promise((wake) => setTimeout(wake, 300));
    process.kill(again.pid, 'SIGINT');
    await line(again, /^Stopping:/);
    process.kill(again.pid, 'SIGINT');
    expect(await again.ended).toBe(1);
    expect((await cut).status).not.toBe(200);
    await until('Envoy is gone', async () => (identifyProcess(envoy) === undefined ? true : undefined));
  },
  SLOW,
);

test(
  'killed without a chance to clean up, it leaves no Envoy behind',
  async () => {
    const gatehouse = await run('--sample-backend', String(backend));
    await ready(gatehouse);
    const envoy = await envoyOf(gatehouse);
    await gatehouse.stop('SIGKILL');
    await until('Envoy is gone', async () => (identifyProcess(envoy) === undefined ? true : undefined));
  },
  SLOW,
);

test(
  'endpoints: ready after Ready, metrics, and a dump without keys',
  async () => {
    const gatehouse = await run('--sample-backend', String(backend));
    await ready(gatehouse);
    const [, health, metrics, admin] = /Health (\S+)\/healthz, metrics (\S+), admin (\S+)/.exec(gatehouse.logs()) ?? [];
    await until('readyz', async () => ((await fetch(`${health}/readyz`)).status === 200 ? true : undefined));
    expect(await (await fetch(String(metrics))).text()).toContain('process_cpu_seconds_total');
    const dump = (await (await fetch(String(admin))).json()) as Readonly<Record<string, readonly { status?: object }[]>>;
    expect(dump['HTTPRoute']?.[0]?.status).toMatchObject({ parents: [{ parentRef: { name: 'eg' } }] });
  },
  SLOW,
);

/** A port that somebody else has for the rest of the test. */
async function taken(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1').unref();
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
