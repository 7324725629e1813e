import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { type ManagedProcess, startProcess } from '../harness/managed-process.ts';
import { startOperator } from '../harness/operator-process.ts';

jest.setTimeout(120_000);

const COMMAND = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));

/** A cluster that never answers: what is wrong with the configuration is told without one. */
const KUBECONFIG = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'nobody', user: { token: 'none' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'nobody' } }],
  'current-context': 'none',
};

let folder: string;
let kubeconfig: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-config-'));
  kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, JSON.stringify(KUBECONFIG));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const operator = (...args: readonly string[]): Promise<ManagedProcess> =>
  startProcess({ name: 'gatehouse', command: COMMAND, args: ['operator', ...args], env: { ...process.env, KUBECONFIG: '' } });

async function configured(text: string): Promise<ManagedProcess> {
  const path = join(folder, 'operator.yaml');
  await writeFile(path, text);
  return await operator('--kubeconfig', kubeconfig, '--config', path);
}

const HEAD = 'apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyGateway\n';
const HOST = 'provider: { type: Custom, custom: { resource: { type: Kubernetes }, infrastructure: { type: Host } } }\n';

test('a configuration that is not valid ends it with exit code 1, all fields that are wrong, and their cures', async () => {
  const ended = await configured(
    `${HEAD}${HOST}loging: {}\nrateLimit: {}\nadmin: { address: { port: nineteen } }\nlogging: { encoder: Xml }\n`,
  );
  expect(await ended.ended).toBe(1);
  const [title, ...complaints] = ended.logs().trim().split('\n');
  expect(title).toMatch(/^error: .*operator\.yaml: the configuration is not valid; mend and start again:$/);
  expect(complaints.sort()).toEqual([
    '  admin.address.port: must be a whole number, not "nineteen"',
    '  logging.encoder: must be one of Text, JSON, not "Xml"',
    '  loging: unknown field; did you mean logging?',
    '  rateLimit.backend: is missing',
    '  rateLimit: is not built yet; remove the field',
  ]);
});

test('a configuration that is not there, and a cluster that nobody names', async () => {
  const noFile = await operator('--kubeconfig', kubeconfig, '--config', join(folder, 'absent.yaml'));
  expect(await noFile.ended).toBe(1);
  expect(noFile.logs()).toMatch(/absent\.yaml: the configuration cannot be read .*check the path given by --config\./);
  const path = join(folder, 'operator.yaml');
  await writeFile(path, `${HEAD}${HOST}`);
  const noCluster = await operator('--kubeconfig', join(folder, 'absent'), '--config', path);
  expect(await noCluster.ended).toBe(1);
  expect(noCluster.logs()).toMatch(/^error: .*absent cannot be read as a kubeconfig: ENOENT/m);
});

test('what is wrong with the arguments is usage, exit code 2', async () => {
  const wrong = await operator('--health-port', 'many');
  expect(await wrong.ended).toBe(2);
  const level = await operator('--log-level', 'loud');
  expect(await level.ended).toBe(2);
  expect(level.logs()).toContain('There is no level loud. Known: debug, info, warn, error.');
});

test.each(['health', 'metrics', 'admin', 'xds'])('a %s port that is taken ends it with the flag that cures it', async (name) => {
  const rival = createServer().listen(0, '0.0.0.0');
  await new Promise((listening) => rival.once('listening', listening));
  const { port } = rival.address() as AddressInfo; // A TCP server has no other kind of address.
  const second = await startOperator({ kubeconfig, args: [`--${name}-port`, String(port)] });
  expect(await second.ended).toBe(1);
  expect(second.logs()).toMatch(
    new RegExp(
      `^error: .*: cannot listen on [^ ]+:${port}: already in use by another process\\. .*--${name}-port \\(0 = any free one\\)\\.$`,
      'm',
    ),
  );
  await second.close();
  await new Promise((closed) => rival.close(closed));
});

test('a second operator on the health port of the first ends; the first goes on', async () => {
  const first = await startOperator({ kubeconfig, configuration: { admin: { enableDumpConfig: true } } });
  const line = await first.line(/health on port \d+/);
  const port = /health on port (\d+)/.exec(line)?.[1] ?? '';
  const second = await startOperator({ kubeconfig, args: ['--health-port', port] });
  expect(await second.ended).toBe(1);
  expect(second.logs()).toContain(`health endpoint: cannot listen on 0.0.0.0:${port}: already in use by another process.`);
  expect((await first.read('health', '/healthz')).status).toBe(200);
  await first.line(/default: Configuration .*controllerName/);
  await first.close();
  expect(await first.ended).toBe(0);
  await second.close();
});
