import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { problemText } from './file-problem.ts';
import type { FileChange } from './file-provider.ts';
import { FileProvider } from './file-provider.ts';

const route = (name: string, host = 'a.example.com'): string => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: ${name}
spec:
  hostnames:
    - ${host}
`;
const join_ = (...documents: readonly string[]): string => documents.join('---\n');

let folder: string;
let provider: FileProvider | undefined;
let changes: FileChange[];
let wake: () => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-'));
  changes = [];
});
afterEach(async () => {
  await provider?.close();
  provider = undefined;
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);
const write = (name: string, text: string): Promise<void> => writeFile(at(name), text);

async function start(...paths: readonly string[]): Promise<FileChange> {
  provider = new FileProvider({
    paths: paths.length === 0 ? [folder] : paths,
    onChange: (change) => {
      changes.push(change);
      wake?.();
    },
    onFailure: (why) => {
      throw new Error(why);
    },
  });
  await provider.start();
  return changes.shift() ?? fail();
}

function fail(): never {
  throw new Error('no change was told');
}

/** The change that `act` causes. */
async function after(act: () => Promise<unknown>): Promise<FileChange> {
  await act();
  if (changes.length === 0)
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  return changes.shift() ?? fail();
}

const keys = (change: FileChange): readonly string[] =>
  change.puts.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
const errors = (change: FileChange): readonly string[] => change.errors.map((problem) => problemText(problem, folder));

test('reads folders one level deep and files, admits and defaults what it reads', async () => {
  await write('b.yaml', join_(route('two'), route('three')));
  await write('a.json', JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }));
  await write('notes.txt', 'not: [yaml');
  await mkdir(at('deeper'));
  await write('deeper/c.yaml', route('four'));
  const first = await start();
  expect(keys(first)).toEqual(['HTTPRoute default/three', 'HTTPRoute default/two', 'Namespace undefined/shop']);
  expect(first.errors).toEqual([]);
  const [three] = first.puts;
  expect(three?.spec).toMatchObject({ rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }] });
  expect(three?.metadata).not.toHaveProperty('creationTimestamp');
});

test('an edit tells only what it changed; a comment is no change', async () => {
  await write('a.yaml', join_(route('one'), route('two')));
  await start();
  const edited = await after(() => write('a.yaml', join_(route('one'), `# new\n${route('two')}`, route('three'))));
  expect(keys(edited)).toEqual(['HTTPRoute default/three']);
  const next = await after(() => write('a.yaml', join_(route('one', 'b.example.com'), route('three'))));
  expect(keys(next)).toEqual(['HTTPRoute default/one']);
  expect(next.removes).toEqual([{ kind: 'HTTPRoute', key: 'default/two' }]);
});

test('a file that an editor replaces is followed, also when it was named itself', async () => {
  await write('a.yaml', route('one'));
  await write('other.yaml', route('other'));
  expect(keys(await start(at('a.yaml')))).toEqual(['HTTPRoute default/one']);
  const replace = async (text: string): Promise<void> => {
    await write('.a.yaml.swp', text);
    await rename(at('.a.yaml.swp'), at('a.yaml'));
  };
  expect(keys(await after(() => replace(route('one', 'b.example.com'))))).toEqual(['HTTPRoute default/one']);
  expect(keys(await after(() => replace(route('one', 'c.example.com'))))).toEqual(['HTTPRoute default/one']);
});

test('quick saves in a row are one change', async () => {
  await write('a.yaml', route('one'));
  await start();
  const change = await after(async () => {
    for (const host of ['b', 'c', 'd']) await write('a.yaml', route('one', `${host}.example.com`));
  });
  expect(change.puts).toHaveLength(1);
  expect(change.puts[0]?.spec).toMatchObject({ hostnames: ['d.example.com'] });
});

test('a file that is cut off some time before it is written anew deletes nothing; one that stays empty does', async () => {
  await write('a.yaml', route('one'));
  await start();
  const saved = await after(async () => {
    await write('a.yaml', '');
    await sleep(120);
    await write('a.yaml', route('one', 'b.example.com'));
  });
  expect([keys(saved), saved.removes]).toEqual([['HTTPRoute default/one'], []]);
  expect((await after(() => write('a.yaml', ''))).removes).toHaveLength(1);
});

test('a file that does not parse keeps all its objects and is mended once', async () => {
  await write('a.yaml', join_(route('one'), route('two')));
  await write('b.yaml', route('three'));
  await start();
  const broken = await after(() => write('a.yaml', join_(route('one', 'b.example.com'), `${route('two')}\tx: [`)));
  expect([broken.puts, broken.removes]).toEqual([[], []]);
  expect(errors(broken)[0]).toMatch(
    /^a\.yaml:16: HTTPRoute two: spec\.hostnames\[0\]: not valid YAML: .+ Correct this line\. Until then the last good version of this file stays in use\.$/,
  );
  const others = await after(() => write('b.yaml', route('three', 'b.example.com')));
  expect(keys(others)).toEqual(['HTTPRoute default/three']);
  expect([others.errors, others.mended]).toEqual([[], []]);
  const mended = await after(() => write('a.yaml', join_(route('one', 'b.example.com'), route('two'))));
  expect(keys(mended)).toEqual(['HTTPRoute default/one']);
  expect([mended.errors.length, mended.mended.length]).toEqual([0, broken.errors.length]);
});

test('an invalid object keeps its own last good version; the others of its file go on', async () => {
  await write('a.yaml', join_(route('one'), route('two')));
  await start();
  const wrong = route('one').replace('  hostnames:\n', '  hostname:\n');
  const change = await after(() => write('a.yaml', join_(wrong, route('two', 'b.example.com'))));
  expect(keys(change)).toEqual(['HTTPRoute default/two']);
  expect(change.removes).toEqual([]);
  expect(errors(change)).toEqual([
    'a.yaml:6: HTTPRoute default/one: spec.hostname: unknown field; did you mean spec.hostnames? Until then its last good version stays in use.',
  ]);
});

test('wrong types are told with line, object and field', async () => {
  await write('a.yaml', route('one').replace('- a.example.com', '- 5'));
  const change = await start();
  expect(change.puts).toEqual([]);
  expect(errors(change)[0]).toMatch(/^a\.yaml:7: HTTPRoute default\/one: spec\.hostnames\[0\]: .*string/);
});

test('a misspelt kind or a lost name does not delete the object that was there', async () => {
  await write('a.yaml', join_(route('one'), route('two')));
  await start();
  const misspelt = await after(() => write('a.yaml', join_(route('one').replace('HTTPRoute', 'HTTPRout'), route('two'))));
  expect(misspelt.removes).toEqual([]);
  expect(errors(misspelt)).toEqual([
    expect.stringMatching(/^a\.yaml:2: HTTPRout one: kind: unknown kind HTTPRout .*did you mean HTTPRoute\?$/),
  ]);
  const nameless = await after(() => write('a.yaml', join_(route('one'), route('two').replace('name: two', 'nam: two'))));
  expect(nameless.removes).toEqual([]);
  expect(errors(nameless)).toEqual([expect.stringMatching(/^a\.yaml:11: metadata\.name: is missing/)]);
  const gone = await after(() => write('a.yaml', route('one')));
  expect(gone.removes).toEqual([{ kind: 'HTTPRoute', key: 'default/two' }]);
});

test('a document of an unknown kind that was there before holds no deleted object', async () => {
  const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: one}\n';
  await write('a.yaml', join_(deployment, route('one')));
  expect(errors(await start())).toHaveLength(1);
  const change = await after(() => write('a.yaml', deployment));
  expect(change.removes).toEqual([{ kind: 'HTTPRoute', key: 'default/one' }]);
});

test('of two documents for one object the first file wins, and the other takes over when it goes', async () => {
  await write('b.yaml', route('one', 'b.example.com'));
  const first = await start();
  expect(first.errors).toEqual([]);
  const taken = await after(() => write('a.yaml', route('one')));
  expect(taken.puts[0]?.spec).toMatchObject({ hostnames: ['a.example.com'] });
  expect(errors(taken)).toEqual([
    expect.stringMatching(/^b\.yaml:1: HTTPRoute default\/one: metadata\.name: is there already at .*a\.yaml:1/),
  ]);
  const back = await after(() => unlink(at('a.yaml')));
  expect(back.puts[0]?.spec).toMatchObject({ hostnames: ['b.example.com'] });
  expect(back.mended).toHaveLength(1);
  const twice = await after(() => write('b.yaml', join_(route('one', 'b.example.com'), route('one'))));
  expect(errors(twice)).toEqual([expect.stringMatching(/^b\.yaml:9: HTTPRoute default\/one: .*b\.yaml:1/)]);
});

test('a deleted file deletes its objects', async () => {
  await write('a.yaml', join_(route('one'), route('two')));
  await write('b.yaml', route('three'));
  await start();
  const change = await after(() => unlink(at('a.yaml')));
  expect(change.removes.map(({ key }) => key)).toEqual(['default/one', 'default/two']);
});

test('a list is its items, a document that is none is an error, a cluster-scoped object has no namespace', async () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n  - apiVersion: v1\n    kind: Namespace\n    metadata: {name: b, namespace: x}\n`;
  await write('a.yaml', join_(list, '# nothing here\n', 'just text\n'));
  const change = await start();
  expect(keys(change)).toEqual(['Namespace undefined/a']);
  expect(errors(change)).toEqual([
    'a.yaml:7: Namespace b: metadata.namespace: a Namespace has no namespace; remove this field.',
    expect.stringMatching(/^a\.yaml:11: this document is no object\./),
  ]);
});

test('a path that does not exist is an error with its cure', async () => {
  await expect(start(at('none.yaml'))).rejects.toThrow(/none\.yaml: there is no such file or folder\. Check the path\.$/);
});

test('a named pipe among the files is an error, is not waited for, and the others are read', async () => {
  execFileSync('mkfifo', [at('a.yaml')]);
  await write('b.yaml', route('one'));
  const change = await start();
  expect(keys(change)).toEqual(['HTTPRoute default/one']);
  expect(errors(change)).toEqual([expect.stringMatching(/^a\.yaml:1: cannot be read \(it is no regular file\)\. Check what it is/)]);
});

test('a file that is not UTF-8 keeps its last good version and says so', async () => {
  await write('a.yaml', route('one'));
  await start();
  const broken = await after(() => writeFile(at('a.yaml'), Buffer.from(route('one', 'caf\u00e9.example.com'), 'latin1')));
  expect(broken).toMatchObject({ puts: [], removes: [] });
  expect(errors(broken)).toEqual([expect.stringMatching(/^a\.yaml:1: cannot be read \(it is not UTF-8; save it in this encoding\)/)]);
});

test('lines of duplicates are those of the file as it is, also while it does not parse', async () => {
  await write('a.yaml', join_(route('one'), route('two')));
  await write('b.yaml', route('two', 'b.example.com'));
  expect(errors(await start())).toEqual([expect.stringMatching(/^b\.yaml:1: HTTPRoute default\/two: .*a\.yaml:9, which/)]);
  const moved = await after(() => write('a.yaml', `x: [\n---\n# one\n${join_(route('one'), route('two'))}`));
  expect(errors(moved)).toContainEqual(expect.stringMatching(/^b\.yaml:1: HTTPRoute default\/two: .*a\.yaml:12, which/));
  const lost = await after(() => write('a.yaml', join_(route('one'), `${route('two')}\tx: [`)));
  expect(errors(lost)).toContainEqual(expect.stringMatching(/^b\.yaml:1: HTTPRoute default\/two: .*a\.yaml, which/));
});

test('a file that was never good has no last good version to speak of', async () => {
  await writeFile(at('a.yaml'), Buffer.from([0xff]));
  await write('b.yaml', `${route('one')}\tx: [`);
  const [unread, broken] = errors(await start());
  expect(unread).toMatch(/save it in this encoding\)\. Check what it is and its permissions\.$/);
  expect(broken).toMatch(/^b\.yaml:\d+: .*Correct this line\.$/);
});

test.each([
  ['lists', `x: ${'['.repeat(5000)}${']'.repeat(5000)}`, 9],
  ['maps', Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}x:`).join('\n'), 209],
])('%s that are nested too deep are an error of their line, and other files are read', async (_what, text, line) => {
  await write('a.yaml', join_(route('two'), text));
  await write('b.yaml', route('one'));
  const change = await start();
  expect(keys(change)).toEqual(['HTTPRoute default/one', 'HTTPRoute default/two']);
  expect(errors(change)).toEqual([
    `a.yaml:${line}: not valid YAML: lists and maps are nested more than 200 levels deep, which is the limit. Correct this line.`,
  ]);
});

test('as deep as the limit is read', async () => {
  await write('a.yaml', `${route('one')}  x: ${'['.repeat(198)}${']'.repeat(198)}\n`);
  expect(errors(await start())).toEqual([expect.stringMatching(/^a\.yaml:8: HTTPRoute default\/one: spec\.x: unknown field/)]);
});

test('symbolic links that lead round in a circle are called so, and the others are read', async () => {
  await symlink('a.yaml', at('b.yaml'));
  await symlink('b.yaml', at('a.yaml'));
  await write('c.yaml', route('one'));
  const change = await start();
  expect(keys(change)).toEqual(['HTTPRoute default/one']);
  expect(errors(change)).toEqual(
    ['a', 'b'].map(
      (name) => `${name}.yaml:1: cannot be read (it is a symbolic link that leads back to itself). Check what it is and its permissions.`,
    ),
  );
  const mended = await after(async () => {
    await unlink(at('a.yaml'));
    await write('a.yaml', route('two'));
  });
  expect(keys(mended)).toEqual(['HTTPRoute default/two']);
});

test('a circle of links that was named itself is called so', async () => {
  await symlink('a.yaml', at('a.yaml'));
  await expect(new FileProvider({ paths: [at('a.yaml')], onChange: fail, onFailure: fail }).start()).rejects.toThrow(
    /a\.yaml: cannot be read \(it is a symbolic link that leads back to itself\)/,
  );
});
