import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ControlPlane } from '../../operator/control-plane.ts';
import { DEFAULT_CONTROLLER_NAME } from '../../translators/settings.ts';
import { splitCase } from '../../translators/testing/golden.ts';
import { objectsOf } from '../../translators/testing/yaml-objects.ts';
import type { NodeState } from '../../xds/fleet-hub.ts';
import type { Resource } from '../../xds/resource.ts';
import { ResourceCache } from '../../xds/resource-cache.ts';
import { AdsServer } from '../../xds/server.ts';
import { type EnvoyProcess, startEnvoy } from '../harness/envoy-process.ts';
import { bootstrapJson, FLEET } from '../harness/fleet.ts';
import { freePort } from '../harness/free-port.ts';
import { until } from '../harness/until.ts';

const TRANSLATORS = path.resolve(import.meta.dirname, '../../translators');
const BASE = readFileSync(path.join(TRANSLATORS, 'testing/base.yaml'), 'utf8');
const CASES = globSync('{features/*,gateway-api}/cases/*.yaml', { cwd: TRANSLATORS }).sort();
/** More than any case has listeners. */
const PORTS = 12;
/** Proxies pass over fields that they do not know; here these are refused, so that nothing is sent in vain. */
const FLAGS = ['--concurrency', '1', '--log-level', 'error', '--reject-unknown-dynamic-fields'];

let folder: string;
let server: AdsServer;
let cache: ResourceCache;
let envoy: EnvoyProcess;
const freePorts: number[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gh-goldens-'));
  for (let i = 0; i < PORTS; i += 1) freePorts.push(await freePort());
  cache = new ResourceCache();
  cache.update(FLEET, []);
  server = new AdsServer({ cache, limits: { minGraceMs: 0, maxGraceMs: 0 } });
  const socket = path.join(folder, 'xds.sock');
  await server.listen({ path: socket });
  envoy = await startEnvoy({ bootstrap: bootstrapJson(socket), flags: FLAGS });
  await envoy.ready();
}, 60_000);
afterAll(async () => {
  await envoy.stop();
  await server.close(1000);
  await rm(folder, { recursive: true, force: true });
});

/** What each fleet of a case gets, as the control plane publishes it. */
async function snapshotsOf(given: string): Promise<readonly (readonly Resource[])[]> {
  const bound = new Map<number, number>();
  const bindPort = (port: number): number => {
    const known = bound.get(port) ?? freePorts[bound.size];
    if (known === undefined) throw new Error(`the case has more than ${PORTS} ports`);
    bound.set(port, known);
    return known;
  };
  const quiet = (): undefined => undefined;
  const controlPlane = new ControlPlane({
    controllerName: DEFAULT_CONTROLLER_NAME,
    bindPort,
    bindAddress: '127.0.0.1',
    logger: { info: quiet, warn: quiet, error: quiet },
  });
  for (const object of [...objectsOf(BASE), ...objectsOf(given)]) controlPlane.put(object);
  controlPlane.listed();
  await controlPlane.settled();
  const snapshots = controlPlane.cache.fleets().map((fleet) => controlPlane.cache.snapshot(fleet) ?? []);
  await controlPlane.close();
  return snapshots;
}

/** Replaces what Envoy has by these resources, and answers what it refused of them. */
async function refusalsOf(resources: readonly Resource[]): Promise<readonly string[]> {
  const wanted = new Set(resources.map(({ type, name }) => `${type} ${name}`));
  const removed = (cache.snapshot(FLEET) ?? []).filter(({ type, name }) => !wanted.has(`${type} ${name}`));
  cache.update(FLEET, [
    ...removed.map(({ type, name }) => ({ type, name, resource: undefined })),
    ...resources.map((resource) => ({ type: resource.type, name: resource.name, resource })),
  ]);
  const [node] = await until(
    'Envoy has answered',
    async () => {
      const { nodes } = server.fleetState(FLEET);
      return nodes.length === 1 && nodes.every(isIdle) && (await isWarm()) ? nodes : undefined;
    },
    { interval: 5 },
  );
  return Object.entries(node?.types ?? {}).flatMap(([type, { refused }]) =>
    refused.map(({ name, message }) => `${type} ${name}: ${message}`),
  );
}

const isIdle = ({ types }: NodeState): boolean =>
  Object.values(types).every(({ pending, removing }) => pending.length + removing.length === 0);

/** A listener without routes and a cluster without endpoints wait: then not everything has been asked for. A refused one waits for ever. */
async function isWarm(): Promise<boolean> {
  const refused = server.fleetState(FLEET).nodes.some(({ types }) => Object.values(types).some((type) => type.refused.length > 0));
  const stats = await envoy.admin('/stats?filter=total_listeners_warming|warming_clusters');
  return refused || stats.split('\n').every((line) => line === '' || line.endsWith(': 0'));
}

test('there are cases', () => {
  expect(CASES.length).toBeGreaterThan(20);
});

test.each(CASES)(
  '%s',
  async (file) => {
    const { given } = splitCase(readFileSync(path.join(TRANSLATORS, file), 'utf8'));
    for (const resources of await snapshotsOf(given)) expect(await refusalsOf(resources)).toEqual([]);
  },
  60_000,
);

test('Envoy has refused nothing, and it says the same', async () => {
  const stats = await envoy.admin('/stats?filter=update_rejected');
  expect(stats.split('\n').filter((line) => line !== '' && !line.endsWith(': 0'))).toEqual([]);
  expect(stats).toContain('cluster_manager.cds.update_rejected: 0');
});
