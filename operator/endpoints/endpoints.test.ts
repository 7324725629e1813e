import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { startAdminEndpoint } from './admin-endpoint.ts';
import type { Endpoint } from './bound-server.ts';
import { startHealthEndpoint } from './health-endpoint.ts';
import { startMetricsEndpoint } from './metrics-endpoint.ts';
import { redacted } from './redacted.ts';

const STALLING = fileURLToPath(new URL('testing/stalling-process.ts', import.meta.url));
const ANY = { host: '127.0.0.1', port: 0 };
const open: Endpoint[] = [];
const keep = <E extends Endpoint>(endpoint: E): E => {
  open.push(endpoint);
  return endpoint;
};
afterEach(() => Promise.all(open.splice(0).map((endpoint) => endpoint.close())));

const get = (endpoint: Endpoint, path: string): Promise<Response> => fetch(`http://127.0.0.1:${endpoint.port}${path}`);

test('health: alive from the start, ready when told, and not ready again', async () => {
  const health = keep(await startHealthEndpoint(ANY));
  expect((await get(health, '/healthz')).status).toBe(200);
  const starting = await get(health, '/readyz');
  expect([starting.status, await starting.text()]).toEqual([503, 'starting\n']);
  health.setReadiness(undefined);
  while ((await get(health, '/readyz')).status !== 200);
  health.setReadiness('no proxy');
  while ((await get(health, '/readyz')).status !== 503);
  expect((await get(health, '/')).status).toBe(404);
});

test('health: a main thread that really stalls is told, by a thread that does not; and when it goes on, that too', async () => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', STALLING], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const port = Number((await lines.next()).value);
    const healthz = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/healthz`)).text();
    expect(await healthz()).toBe('ok\n');
    child.stdin.write('stall\n');
    expect((await lines.next()).value).toBe('stalls');
    while ((await healthz()) === 'ok\n');
    expect(await healthz()).toMatch(/^the main thread has not answered for \d+ s\n$/);
    expect((await lines.next()).value).toBe('goes on');
    while ((await healthz()) !== 'ok\n');
  } finally {
    child.kill('SIGKILL');
  }
});

test('a port that is taken is named with the cure', async () => {
  const { port } = keep(await startMetricsEndpoint(ANY, new Registry()));
  const taken = { host: '127.0.0.1', port };
  const message = (what: string, flag: string): string =>
    `${what} endpoint: cannot listen on 127.0.0.1:${port}: already in use by another process. Stop that process, or choose another port with ${flag} (0 = any free one).`;
  await expect(startHealthEndpoint(taken)).rejects.toThrow(message('health', '--health-port'));
  await expect(startMetricsEndpoint(taken, new Registry())).rejects.toThrow(message('metrics', '--metrics-port'));
  await expect(startAdminEndpoint(taken, { info: () => ({}), resources: () => ({}) })).rejects.toThrow(message('admin', '--admin-port'));
});

const secret = { kind: 'Secret', metadata: { name: 's' }, data: { 'tls.key': 'a2V5' } };

test('admin: a dump without secrets, whole or of one kind, for names of this machine only', async () => {
  const admin = keep(
    await startAdminEndpoint(ANY, {
      info: () => ({ version: '1' }),
      resources: () => ({ Secret: [secret], Gateway: [{ kind: 'Gateway' }] }),
    }),
  );
  expect(await (await get(admin, '/api/info')).json()).toEqual({ version: '1' });
  const whole = await (await get(admin, '/api/config_dump')).text();
  expect(whole).not.toContain('a2V5');
  expect(JSON.parse(whole)).toMatchObject({ Secret: [{ data: { 'tls.key': '[redacted]' } }], Gateway: [{ kind: 'Gateway' }] });
  expect(await (await get(admin, '/api/config_dump?resource=gateway')).json()).toEqual({ Gateway: [{ kind: 'Gateway' }] });
  expect((await get(admin, '/api/config_dump?resource=pod')).status).toBe(404);
  const stranger = await new Promise<number | undefined>((resolve) => {
    request({ port: admin.port, host: '127.0.0.1', path: '/api/info', headers: { host: 'evil.example.com' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  expect(stranger).toBe(403);
});

test('admin: a CPU profile where that is switched on, one at a time', async () => {
  let profiling = false;
  const admin = keep(await startAdminEndpoint(ANY, { info: () => ({}), resources: () => ({}), profiling: () => profiling }));
  expect((await get(admin, '/debug/pprof/profile')).status).toBe(403);
  profiling = true;
  expect((await get(admin, '/debug/pprof/profile?seconds=0')).status).toBe(400);
  expect((await get(admin, '/debug/pprof/profile?seconds=1e9')).status).toBe(400);
  const both = await Promise.all([0.3, 0.3].map((seconds) => get(admin, `/debug/pprof/profile?seconds=${seconds}`)));
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  const made = both.find(({ status }) => status === 200);
  expect(await made?.json()).toMatchObject({ nodes: expect.any(Array), samples: expect.any(Array) });
});

test('private keys of xDS secrets are blackened, certificates are not', () => {
  const xds = {
    name: 's',
    tlsCertificate: { certificateChain: { inlineString: 'CERT' }, privateKey: { inlineString: 'KEY', inlineBytes: 'S0VZ' } },
  };
  expect(redacted(xds)).toEqual({
    name: 's',
    tlsCertificate: {
      certificateChain: { inlineString: 'CERT' },
      privateKey: { inlineString: '[redacted]', inlineBytes: '[redacted]' },
    },
  });
  expect(redacted({ metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } } })).toEqual({
    metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '[redacted]' } },
  });
});
