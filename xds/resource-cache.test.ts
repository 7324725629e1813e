import { type Commit, ResourceCache } from './resource-cache.ts';
import { sample, set, unset } from './testing/sample-resources.ts';

const recorded = (): { cache: ResourceCache; commits: Commit[] } => {
  const cache = new ResourceCache();
  const commits: Commit[] = [];
  cache.watch((commit) => commits.push(commit));
  return { cache, commits };
};

test('a fleet without a commit is unknown, one with an empty commit is empty', () => {
  const { cache, commits } = recorded();
  expect(cache.snapshot('f')).toBeUndefined();
  expect(cache.view('f')).toBeUndefined();
  cache.update('f', []);
  expect(cache.snapshot('f')).toEqual([]);
  expect(commits).toEqual([{ fleet: 'f', revision: 1, changes: [], removed: false }]);
});

test('an update is one commit with one revision; a resource keeps the revision of its last change', () => {
  const { cache, commits } = recorded();
  const [a, b, newer] = [sample('cluster', 'a'), sample('cluster', 'b'), sample('cluster', 'b', { version: '2' })];
  cache.update('f', set(a, b));
  cache.update('f', set(a, newer));
  expect(commits.map(({ revision, changes }) => [revision, changes.map(({ name }) => name)])).toEqual([
    [1, ['a', 'b']],
    [2, ['b']],
  ]);
  expect(commits[1]?.changes).toEqual([{ type: 'cluster', name: 'b', previous: b, next: newer }]);
  expect(cache.view('f')?.get('cluster', 'a')).toEqual({ resource: a, revision: 1 });
  expect(cache.view('f')?.get('cluster', 'b')).toEqual({ resource: newer, revision: 2 });
});

test('what changes nothing is no commit', () => {
  const { cache, commits } = recorded();
  cache.update('f', set(sample('cluster', 'a')));
  cache.update('f', [...set(sample('cluster', 'a')), ...unset('cluster', 'never there')]);
  expect(commits).toHaveLength(1);
  expect(cache.view('f')?.revision).toBe(1);
});

test('what is not content may change without a commit', () => {
  const { cache, commits } = recorded();
  cache.update('f', set(sample('cluster', 'a')));
  cache.update('f', set(sample('cluster', 'a', { graceMs: 7 })));
  expect(commits).toHaveLength(1);
  expect(cache.view('f')?.get('cluster', 'a')).toMatchObject({ resource: { graceMs: 7 }, revision: 1 });
});

test('a snapshot is sorted by type, in the order in which a proxy needs them, then by name', () => {
  const { cache } = recorded();
  cache.update('f', set(sample('listener', 'z'), sample('cluster', 'b'), sample('secret', 's'), sample('cluster', 'a')));
  expect(cache.snapshot('f')?.map(({ type, name }) => `${type}/${name}`)).toEqual(['secret/s', 'cluster/a', 'cluster/b', 'listener/z']);
});

test('the same name in two types is two resources', () => {
  const { cache } = recorded();
  cache.update('f', set(sample('cluster', 'a'), sample('loadAssignment', 'a')));
  cache.update('f', unset('cluster', 'a'));
  expect(cache.snapshot('f')?.map(({ type }) => type)).toEqual(['loadAssignment']);
});

test('a fleet that is removed is unknown again; who watches hears what went with it', () => {
  const { cache, commits } = recorded();
  const a = sample('cluster', 'a');
  cache.update('f', set(a));
  cache.update('g', []);
  expect(cache.fleets()).toEqual(['f', 'g']);
  cache.removeFleet('f');
  cache.removeFleet('never there');
  expect(cache.fleets()).toEqual(['g']);
  expect(commits.at(-1)).toEqual({
    fleet: 'f',
    revision: 1,
    changes: [{ type: 'cluster', name: 'a', previous: a, next: undefined }],
    removed: true,
  });
  expect(commits).toHaveLength(3);
});

test('who stops watching hears nothing more', () => {
  const cache = new ResourceCache();
  let heard = 0;
  const stop = cache.watch(() => {
    heard += 1;
  });
  cache.update('f', []);
  stop();
  cache.update('f', set(sample('cluster', 'a')));
  expect(heard).toBe(1);
});
