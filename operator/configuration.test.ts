import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from './configuration.ts';

const HEAD = 'apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyGateway\n';
const custom = (resource: string, infrastructure = '') =>
  `${HEAD}provider: { type: Custom, custom: { resource: ${resource}${infrastructure} } }\n`;
const KUBERNETES = '{ type: Kubernetes }';
const HOST = ', infrastructure: { type: Host }';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-configuration-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(text: string) {
  const path = join(folder, 'operator.yaml');
  await writeFile(path, text);
  return (await loadConfiguration(path)).configuration;
}

test('host infrastructure beside a cluster is what there is', async () => {
  const loaded = await load(custom(KUBERNETES, HOST));
  expect(loaded.provider.custom).toEqual({ resource: { type: 'Kubernetes' }, infrastructure: { type: 'Host' } });
});

test.each<[string, string, string]>([
  ['an unknown field', `${custom(KUBERNETES, HOST)}loging: {}\n`, 'loging: unknown field; did you mean logging?'],
  ['what is not built yet', `${custom(KUBERNETES, HOST)}rateLimit: {}\n`, 'rateLimit: is not built yet; remove the field'],
  [
    'what is not built yet, deep inside',
    custom(KUBERNETES, ', infrastructure: { type: Host, host: { dataHome: /a } }'),
    'provider.custom.infrastructure.host.dataHome: is not built yet; remove the field',
  ],
  ['a wrong type', `${custom(KUBERNETES, HOST)}admin: { address: { port: a } }\n`, 'admin.address.port: must be a whole number, not "a"'],
  ['another kind', 'apiVersion: v1\nkind: ConfigMap\n', 'kind: must be EnvoyGateway, not "ConfigMap"'],
  [
    'files',
    custom('{ type: File, file: { paths: [a] } }', HOST),
    'provider.custom.resource.type: File is not built yet; use `gatehouse run -f FILE`',
  ],
  [
    'no infrastructure',
    custom(KUBERNETES),
    'provider.custom.infrastructure: to leave it out is not built yet; set infrastructure.type to Host',
  ],
])('%s is refused with the file, the field and the cure', async (_what, text, complaint) => {
  const error: unknown = await load(text).catch((reason: unknown) => reason);
  const [title, ...lines] = String(error).split('\n');
  expect(title).toBe(`Error: ${join(folder, 'operator.yaml')}: the configuration is not valid; mend and start again:`);
  expect(lines).toContain(`  ${complaint}`);
});

test('all that is wrong is said at once', async () => {
  const error: unknown = await load(`${custom(KUBERNETES, HOST)}loging: {}\nlogging: { encoder: Xml }\n`).catch(
    (reason: unknown) => reason,
  );
  expect(String(error).split('\n')).toHaveLength(3);
});

test('no YAML, nothing at all, and no file', async () => {
  await expect(load('kind: [')).rejects.toThrow(/operator\.yaml: the configuration is no YAML: /);
  await expect(load('a: &a {b: *a}')).rejects.toThrow('no YAML: line 1: the alias *a stands inside of what it stands for.');
  await expect(load('a: b\n---\nc: d\n')).rejects.toThrow('has to be one document; another begins on line 3.');
  await expect(load('')).rejects.toThrow('the configuration is not valid');
  await expect(loadConfiguration('/dev/null')).rejects.toThrow('the configuration cannot be read (it is no regular file)');
  const absent = join(folder, 'absent.yaml');
  await expect(loadConfiguration(absent)).rejects.toThrow(
    /absent\.yaml: the configuration cannot be read \(there is no such file\); check the path given by --config\./,
  );
});

test('without a file the proxies run in the cluster', async () => {
  expect((await loadConfiguration(undefined)).configuration.provider).toEqual({ type: 'Kubernetes' });
});
