import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FEATURES } from './translators/features/registry.ts';

/** The rules of the house that no linter knows (ARCHITECTURE.md). Each names what to do about a finding. */

const ROOT = import.meta.dirname;
const CODE = ['cli', 'crds', 'e2e', 'operator', 'translators', 'xds'];

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const sources = globSync(`{${CODE.join(',')}}/**/*.ts`, { cwd: ROOT }).filter((file) => !file.startsWith('xds/proto/gen/'));
const product = sources.filter((file) => !/\.test\.ts$|(^|\/)testing\/|^e2e\//.test(file));

const usersOf = (pattern: RegExp, files = product): readonly string[] => files.filter((file) => pattern.test(read(file))).sort();

test('files are named after what they hold', () => {
  const vague = /(^|\/|-)(utils?|helpers?|common|misc|types?|manager|index|lib)\.(test\.)?ts$/;
  expect(sources.filter((file) => vague.test(file) && !ALLOWED_NAMES.has(file))).toEqual([]);
});

/** Words of the field, not of the lost: xDS resource types, the index of a collection, Envoy's own managers and the contract's. */
const ALLOWED_NAMES = new Set([
  'operator/sidecar/shutdown-manager.ts',
  'translators/envoy/http-connection-manager.ts',
  'translators/envoy/overload-manager.ts',
  'translators/graph/key-index.ts',
  'xds/proxy-type.ts',
]);

test('translators are pure: no clock, no randomness, no environment, no output', () => {
  const impure =
    /\bDate\.now\(|new Date\(\)|Math\.random|randomBytes|randomUUID|\bprocess\.|\bconsole\.|\bfetch\(['"`]|setTimeout|setInterval|setImmediate|from 'node:(fs|net|http|os)/;
  expect(
    usersOf(
      impure,
      product.filter((file) => file.startsWith('translators/')),
    ),
  ).toEqual([]);
});

test('one file knows the operator library', () => {
  expect(usersOf(/from '@dot-i\/k8s-operator'/)).toEqual(['operator/gateway-operator.ts']);
});

test('one place ends the process', () => {
  expect(usersOf(/process\.exit\(/)).toEqual(['cli/main.ts']);
});

test('one back-off policy; who waits by it', () => {
  expect(usersOf(/new Backoff\(/)).toEqual([
    'operator/cluster/reflector.ts',
    'operator/cluster/work-queue.ts',
    'operator/reconcilers/cloud-loader.ts',
    'operator/replicas/delivery-reporter.ts',
    'operator/standalone/envoy-process.ts',
  ]);
});

test('cross-namespace references pass one gate', () => {
  expect(usersOf(/\.referenceGrants\b/)).toEqual(['translators/object-sinks.ts', 'translators/pipeline.ts']);
  expect(read('translators/pipeline.ts').match(/inputs\.referenceGrants/g)).toHaveLength(1);
  expect(read('translators/pipeline.ts')).toContain('referenceGate(graph, inputs.referenceGrants)');
});

test('no mocks of our own modules, no tests that are switched off without a reason', () => {
  const tests = sources.filter((file) => /\.test\.ts$/.test(file));
  expect(usersOf(/jest\.(mock|unstable_mockModule|doMock)\(/, tests)).toEqual([]);
  const silent = tests.filter((file) => {
    const lines = read(file).split('\n');
    return lines.some((line, i) => /\b(test|it|describe)\.(skip|todo|only)\b/.test(line) && !/\/\//.test(`${lines[i - 1] ?? ''}${line}`));
  });
  expect(silent).toEqual([]);
});

test('no test relies on a count of its assertions: the runner of the quick tests does not keep one', () => {
  const tests = sources.filter((file) => /\.test\.ts$/.test(file));
  expect(usersOf(/\bexpect\.(assertions|hasAssertions)\(/, tests)).toEqual([]);
});

test('every feature has a golden case in which it works and one in which it is refused', () => {
  const isRefused = (file: string): boolean => /(Accepted|ResolvedRefs): ["']?False|PartiallyInvalid: ["']?True/.test(read(file));
  const lacking = FEATURES.filter(({ field }) => {
    const folder = field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const cases = globSync(`translators/features/${folder}/cases/*.yaml`, { cwd: ROOT });
    return !cases.some(isRefused) || (!REFUSED_ALWAYS.has(field) && cases.every(isRefused));
  });
  expect(lacking.map(({ id }) => id)).toEqual([]);
});

/** Filters that this release refuses whatever they say. */
const REFUSED_ALWAYS = new Set(['extensionRef']);

test('a new feature is one folder, and its line in the registry (with the import that it needs)', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'gatehouse-features-'));
  try {
    cpSync(path.join(ROOT, 'translators/features'), root, { recursive: true });
    const contents = (): ReadonlyMap<string, string> =>
      new Map(globSync('**/*.*', { cwd: root }).map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
    const before = contents();
    execFileSync(process.execPath, [path.join(ROOT, 'translators/testing/make-feature.ts'), 'house-dummy', 'HTTPRoute', root], {
      stdio: 'pipe',
    });
    const changed = [...contents()].filter(([file, text]) => before.get(file) !== text).map(([file]) => file);
    expect(changed.filter((file) => !file.startsWith('house-dummy/'))).toEqual(['registry.ts']);
    const old = new Set(before.get('registry.ts')?.split('\n'));
    const added = readFileSync(path.join(root, 'registry.ts'), 'utf8')
      .split('\n')
      .filter((line) => !old.has(line));
    expect(added).toEqual([expect.stringMatching(/^import .*house-dummy/), expect.stringMatching(/^ {2}houseDummy,$/)]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

describe('what is committed', () => {
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && /\.(ts|js|json|md|ya?ml|sh|mod|go)$|Makefile$|^bin\/|\.ci\//.test(file));

  test('names no path of a machine', () => {
    const home = new RegExp(`${ROOT}/|/root/|/home/[a-z]|/Users/[a-z]`);
    expect(tracked.filter((file) => file !== 'house.test.ts' && home.test(read(file)))).toEqual([]);
  });

  test('names no address of a package registry', () => {
    expect(JSON.stringify(JSON.parse(read('package-lock.json')))).not.toMatch(/"resolved":"https?:/);
    const registry = new RegExp(['registry.npm', 'js.org|pypi', '.org/simple|proxy.go', 'lang.org'].join(''));
    expect(tracked.filter((file) => registry.test(read(file)))).toEqual([]);
  });
});
