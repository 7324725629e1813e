import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { freePort } from '../../e2e/harness/free-port.ts';
import { infraNode as infra } from '../../translators/testing/infra-nodes.ts';
import { BootstrapSchema } from '../../xds/proto/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { RouterSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import { HttpConnectionManagerSchema } from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { systemClock } from '../cluster/clock.ts';
import { createLogging } from '../logging.ts';
import { startEchoBackend } from './echo-backend.ts';
import { ensureEnvoy } from './envoy-binary.ts';
import type { FleetObservation, HostBootstrap } from './host-infrastructure.ts';
import { HostInfrastructure } from './host-infrastructure.ts';
import { identifyProcess } from './process-identity.ts';
import type { RuntimeDirectory } from './runtime-directory.ts';
import { openRuntimeDirectory } from './runtime-directory.ts';
import { ObservedFleets } from './testing/observed-fleets.ts';

const FLEET = 'default/eg';

/** An Envoy that needs no control plane: one static listener in front of one backend. */
function staticBootstrap(port: number, backend: number): (host: HostBootstrap) => Uint8Array {
  const hcm = create(HttpConnectionManagerSchema, {
    statPrefix: 'test',
    httpFilters: [{ name: 'router', configType: { case: 'typedConfig', value: anyPack(RouterSchema, create(RouterSchema)) } }],
    routeSpecifier: {
      case: 'routeConfig',
      value: {
        virtualHosts: [
          {
            name: 'all',
            domains: ['*'],
            routes: [
              {
                match: { pathSpecifier: { case: 'prefix', value: '/' } },
                action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: 'backend' } } },
              },
            ],
          },
        ],
      },
    },
  });
  const socket = (address: string, portValue: number) =>
    ({ address: { case: 'socketAddress', value: { address, portSpecifier: { case: 'portValue', value: portValue } } } }) as const;
  return (host) =>
    toBinary(
      BootstrapSchema,
      create(BootstrapSchema, {
        admin: { address: { address: { case: 'pipe', value: { path: host.adminSocket } } } },
        staticResources: {
          listeners: [
            {
              name: 'l',
              address: socket('127.0.0.1', port),
              filterChains: [
                { filters: [{ name: 'hcm', configType: { case: 'typedConfig', value: anyPack(HttpConnectionManagerSchema, hcm) } }] },
              ],
            },
          ],
          clusters: [
            {
              name: 'backend',
              loadAssignment: {
                clusterName: 'backend',
                endpoints: [
                  {
                    lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address: socket('127.0.0.1', backend) } } }],
                  },
                ],
              },
            },
          ],
        },
      }),
    );
}

let base: string;
let envoy: string;
let directory: RuntimeDirectory;
let port: number;
let backend: Awaited<ReturnType<typeof startEchoBackend>>;
let host: HostInfrastructure | undefined;

beforeAll(async () => {
  envoy = (await ensureEnvoy({ line: () => undefined, progress: () => undefined })).path;
  backend = await startEchoBackend({ port: 0 });
}, 120_000);
afterAll(() => backend.close());
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'gh-'));
  directory = await openRuntimeDirectory(base, () => undefined);
  port = await freePort();
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
  await rm(base, { recursive: true, force: true });
});

function startHost(
  fleets: ObservedFleets,
  bootstrap: (host: HostBootstrap) => Uint8Array = staticBootstrap(port, backend.port),
): HostInfrastructure {
  host = new HostInfrastructure({
    envoy,
    directory,
    xdsSocket: join(directory.path, 'xds.sock'),
    controlPlane: fleets,
    bootstrap,
    bindAddress: '127.0.0.1',
    addresses: ['127.0.0.1'],
    drainMs: 5000,
    logger: createLogging({ encoder: 'Text', levels: { default: 'error' } }).component('infrastructure'),
    clock: systemClock,
  });
  host.start();
  return host;
}

const ready = (observation: FleetObservation): boolean => observation.ready === 1;
const get = (path = '/'): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });

function pidOf(of: HostInfrastructure): number {
  const pid = of.pid(FLEET);
  if (pid === undefined) throw new Error('no process');
  return pid;
}

async function gone(pid: number): Promise<void> {
  while (identifyProcess(pid) !== undefined) await new Promise((wake) => setTimeout(wake, 20));
}

test('a fleet gets a proxy that serves, with an admin socket for its owner only', async () => {
  const fleets = new ObservedFleets([infra(port)]);
  startHost(fleets);
  await fleets.until(ready);
  expect((await get()).status).toBe(200);
  expect((await stat(directory.path)).mode & 0o777).toBe(0o700);
  expect(fleets.observed[0]).toEqual({ proxies: 1, ready: 0, addresses: ['127.0.0.1'] });
}, 60_000);

test('a proxy does not look for fields that it does not know', async () => {
  const fleets = new ObservedFleets([infra(port)]);
  const running = startHost(fleets);
  await fleets.until(ready);
  expect(readFileSync(`/proc/${pidOf(running)}/cmdline`, 'utf8').split('\0')).toContain('--ignore-unknown-dynamic-fields');
}, 60_000);

test('a fleet that is not to be made says why, and is made when it is', async () => {
  const problem = { type: 'Accepted', reason: 'InvalidParameters', message: 'EnvoyProxy default/p does not exist.' } as const;
  const fleets = new ObservedFleets([{ ...infra(port), problem }]);
  startHost(fleets);
  expect(fleets.observed).toEqual([{ proxies: 1, ready: 0, addresses: ['127.0.0.1'], problem: problem.message }]);
  fleets.change([{ fleet: FLEET, infra: infra(port) }]);
  await fleets.until(ready);
}, 60_000);

const full = (): Promise<void> => Promise.reject(new Error('no space left on device'));

test.each([
  ['', {}],
  [', also where nothing can be noted of it', { note: full, forget: full }],
])(
  'a proxy that dies is reported and started again%s',
  async (_, notes) => {
    directory = { ...directory, ...notes };
    const fleets = new ObservedFleets([infra(port)]);
    const running = startHost(fleets);
    await fleets.until(ready);
    const first = pidOf(running);
    const since = fleets.observed.length;
    process.kill(first, 'SIGKILL');
    const problem = await fleets.until(({ ready }) => ready === 0, since);
    expect(problem.problem).toContain('was ended by SIGKILL');
    await fleets.until(ready, since);
    expect(pidOf(running)).not.toBe(first);
    expect((await get()).status).toBe(200);
  },
  60_000,
);

test('a port that is taken is named with the cure, and used once it is free', async () => {
  const thief = createServer().listen(port, '127.0.0.1');
  await once(thief, 'listening');
  const fleets = new ObservedFleets([infra(port)]);
  startHost(fleets);
  const { problem } = await fleets.until((observation) => observation.problem !== undefined);
  expect(problem).toBe(`cannot bind port ${port}: already in use by another process. Change the listener's port or stop that process.`);
  thief.close();
  await fleets.until(ready);
}, 60_000);

test('a proxy that cannot start says why in its own words', async () => {
  const fleets = new ObservedFleets([infra(port)]);
  startHost(fleets, () => toBinary(BootstrapSchema, create(BootstrapSchema, { staticResources: { clusters: [{ name: '' }] } })));
  const { problem } = await fleets.until((observation) => observation.problem !== undefined);
  expect(problem).toContain('exit code 1');
  expect(problem).toContain('ClusterValidationError.Name');
}, 60_000);

test('an Envoy that is no program is an error of that fleet', async () => {
  const fleets = new ObservedFleets([infra(port)]);
  const real = envoy;
  envoy = join(base, 'no-such-envoy');
  startHost(fleets);
  envoy = real;
  expect((await fleets.until(({ problem }) => problem !== undefined)).problem).toContain('ENOENT');
}, 60_000);

test('a stop lets a request in flight finish and leaves no process', async () => {
  const fleets = new ObservedFleets([infra(port)]);
  const running = startHost(fleets);
  await fleets.until(ready);
  const pid = pidOf(running);
  const slow = get('/?delay=800ms');
  await new Promise((wake) => setTimeout(wake, 200));
  await running.stop();
  expect((await slow).status).toBe(200);
  expect(identifyProcess(pid)).toBeUndefined();
}, 60_000);

test('a fleet that goes takes its proxy along, and may come back', async () => {
  const fleets = new ObservedFleets([infra(port)]);
  const running = startHost(fleets);
  await fleets.until(ready);
  const pid = pidOf(running);
  const since = fleets.observed.length;
  fleets.change([{ fleet: FLEET, infra: undefined }]);
  fleets.change([{ fleet: FLEET, infra: infra(port) }]);
  await fleets.until(ready, since);
  expect(identifyProcess(pid)).toBeUndefined();
  expect((await get()).status).toBe(200);
}, 60_000);

test('a process does not outlive an owner that is killed', async () => {
  const script = `
    import { spawn } from 'node:child_process';
    import { guardProcess } from ${JSON.stringify(new URL('./process-guard.ts', import.meta.url).href)};
    const child = spawn('sleep', ['1000'], { stdio: 'ignore', detached: true });
    guardProcess(child.pid);
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(identifyProcess(pid)).toBeDefined();
  owner.kill('SIGKILL');
  await gone(pid);
}, 60_000);

test('while nobody knows how a proxy is to be run, none is started, and one that runs goes on', async () => {
  const unclear = infra(port, { problem: { type: 'Accepted', reason: 'InvalidParameters', message: 'It is gone.' } });
  const fleets = new ObservedFleets([unclear]);
  const running = startHost(fleets);
  expect(running.pid(FLEET)).toBeUndefined();
  fleets.change([{ fleet: FLEET, infra: infra(port) }]);
  await fleets.until(ready);
  const pid = pidOf(running);
  fleets.change([{ fleet: FLEET, infra: unclear }]);
  expect((await get()).status).toBe(200);
  expect(pidOf(running)).toBe(pid);
});
