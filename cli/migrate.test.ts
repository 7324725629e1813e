import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parse } from 'yaml';
import { call, type Outcome, type Surroundings } from './testing/call.ts';

/** `gatehouse migrate check` with these arguments. */
const check = (args: readonly string[], surroundings?: Surroundings): Promise<Outcome> => call(['migrate', 'check', ...args], surroundings);

const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';
const OBJECTS = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: ${CONTROLLER}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: eg}
spec: {gatewayClassName: eg, listeners: [{name: http, protocol: HTTP, port: 80}]}
`;
const POLICIES = ['one', 'two'].map(
  (name) => `---\n{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: SecurityPolicy, metadata: {name: ${name}}, spec: {}}\n`,
);
const STOPPED = OBJECTS + POLICIES.join('');

describe('in a pipe', () => {
  test('a line is a whole finding, what stops comes first, and the exit code says that something does', async () => {
    const { code, out, err } = await check(['-f', '-'], { input: STOPPED });
    const lines = out.trimEnd().split('\n');
    expect([code, err]).toEqual([1, '']);
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      ...['stops code=KindNotBuilt', 'stops code=KindNotBuilt', 'differs code=ClusterNames', 'works code=Unchanged'],
    ]);
    expect(lines[0]).toMatch(/ object="SecurityPolicy default\/one" message="SecurityPolicy of .* is not built yet: .*" cure="Stay .*"$/);
  });

  test('nothing that stops: exit code 0', async () => {
    const { code, out } = await check(['-f', '-'], { input: OBJECTS });
    expect([code, out]).toEqual([0, expect.stringContaining('works code=Unchanged object="Gateway default/eg"')]);
  });

  test.each([
    ['json', (text: string): unknown => JSON.parse(text)],
    ['yaml', (text: string): unknown => parse(text)],
  ] as const)('-o %s is counts and findings', async (format, read) => {
    const { code, out } = await check(['-f', '-', '-o', format], { input: STOPPED });
    expect(code).toBe(1);
    expect(read(out)).toMatchObject({
      counts: { stops: 2, differs: 1, works: 1 },
      findings: [
        {
          severity: 'stops',
          code: 'KindNotBuilt',
          object: { kind: 'SecurityPolicy', namespace: 'default', name: 'one' },
          cure: expect.any(String),
        },
        { object: { name: 'two' } },
        { code: 'ClusterNames', object: { kind: 'GatewayClass', name: 'eg' } },
        { code: 'Unchanged' },
      ],
    });
  });
});

describe('on a terminal', () => {
  test('a table, what there is to say of it once below, and counts', async () => {
    const { out } = await check(['-f', '-'], { input: STOPPED, isTTY: true, environment: { TERM: 'xterm' } });
    expect(out).toContain('\u001b[31mstops\u001b[39m');
    expect(out).toContain('\u001b[33mdiffers\u001b[39m');
    const lines = stripVTControlCharacters(out).trimEnd().split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '         CODE          OBJECT',
      'stops    KindNotBuilt  SecurityPolicy default/one',
      'stops    KindNotBuilt  SecurityPolicy default/two',
      'differs  ClusterNames  GatewayClass eg',
      'works    Unchanged     Gateway default/eg',
    ]);
    expect(lines.filter((line) => line.includes('is not built yet'))).toHaveLength(1);
    expect(lines).toContain('stops  KindNotBuilt: SecurityPolicy default/one, SecurityPolicy default/two');
    expect(lines.at(-1)).toBe('stops 2, differs 1, works 1');
  });

  test('without colour where none is wanted', async () => {
    const { out } = await check(['-f', '-'], { input: STOPPED, isTTY: true, environment: { NO_COLOR: '1' } });
    expect(out).toBe(stripVTControlCharacters(out));
  });
});

describe('files', () => {
  test('of a folder are read, also Lists as kubectl writes them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gh-migrate-'));
    const items = OBJECTS.split('---\n').map((text) => parse(text) as object);
    await writeFile(join(folder, 'all.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: {}, items }));
    await writeFile(join(folder, 'policy.yaml'), POLICIES[0] ?? '');
    const { out } = await check(['-f', folder, '-o', 'json']);
    await rm(folder, { recursive: true });
    expect(JSON.parse(out)).toMatchObject({ counts: { stops: 1, differs: 1, works: 1 } });
  });

  test.each([
    ['{kind: Gateway, metadata: {name: eg}}', 'error: <stdin>:1: this is no object. Write apiVersion, kind and metadata.name.\n'],
    ['a: [', /^error: <stdin>:\d+: not valid YAML: .* Correct this line\.\n$/],
  ])('%s is told', async (input, words) => {
    const { code, out, err } = await check(['-f', '-'], { input });
    expect([code, out]).toEqual([1, '']);
    expect(err).toEqual(typeof words === 'string' ? words : expect.stringMatching(words));
  });

  test('that cannot be read are told, none is waited for, and the others are judged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gh-migrate-'));
    execFileSync('mkfifo', [join(folder, 'a.yaml')]);
    await symlink('/nowhere', join(folder, 'b.yaml'));
    await writeFile(join(folder, 'c.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xfc]));
    await writeFile(join(folder, 'd.yaml'), OBJECTS);
    const { code, out, err } = await check(['-f', folder, '-o', 'json']);
    await rm(folder, { recursive: true });
    expect(code).toBe(1);
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/a\.yaml:1: cannot be read: it is no regular file\./),
      expect.stringMatching(/b\.yaml:1: there is no such file/),
      expect.stringMatching(/c\.yaml:1: cannot be read: it is not UTF-8; save it in this encoding\./),
    ]);
    expect(JSON.parse(out)).toMatchObject({ counts: { stops: 0, differs: 1, works: 1 } });
  });

  test('with a kind that is called as a method of all objects are judged', async () => {
    const input = '{apiVersion: gateway.networking.k8s.io/v1, kind: toString, metadata: {name: x}}';
    expect((await check(['-f', '-'], { input })).out).toContain('is not built yet: it has no effect.');
  });

  test('that are not there are told', async () => {
    expect(await check(['-f', '/no/such.yaml'])).toMatchObject({
      code: 1,
      out: '',
      err: 'error: /no/such.yaml:1: there is no such file or folder. Check the path.\n',
    });
  });
});

test('a cluster and files at once are wrong usage, and so is what it does not know', async () => {
  expect(await check(['-f', 'x', '--kubeconfig', 'y'])).toMatchObject({ code: 2, out: '' });
  expect((await check(['-o', 'table'])).err).toContain('Allowed choices are text, json, yaml.');
  const { code, err } = await check(['--kubeconfig', '/no/such/config']);
  expect([code, err]).toEqual([1, expect.stringContaining('/no/such/config')]);
});

test('--help says what it reads, what findings mean and the exit codes', async () => {
  const { code, out } = await check(['--help']);
  expect(code).toBe(0);
  for (const words of ['It changes nothing.', 'stops ', 'Exit codes: 0 nothing stops', '--log-level <level>']) expect(out).toContain(words);
});
