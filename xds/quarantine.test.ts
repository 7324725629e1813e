import fc from 'fast-check';
import { leavesOf } from './fragment-diff.ts';
import { Quarantine } from './quarantine.ts';
import { type Fragment, originalHash, type Resource } from './resource.ts';
import { ResourceCache } from './resource-cache.ts';
import { RouteOwner } from './testing/route-owner.ts';

const FLEET = 'fleet';
const ENVOY = '1.40.0';

/** Some proxies of one Envoy version, without streams: each looks at the current resources when it is its turn. */
class Court {
  readonly cache = new ResourceCache();
  readonly owner = new RouteOwner(this.cache);
  readonly quarantine = new Quarantine((hashes) => this.#count(hashes));
  readonly #held: Map<string, Resource>[];
  /** The version that a proxy refused last: what it has instead is unknown. */
  readonly #refused = new Map<string, string>();
  /** Who has said what it says of the current version. When one that was refused comes again, the old refusal counts anew. */
  readonly #heard = new Set<string>();

  constructor(proxies: number) {
    this.#held = Array.from({ length: proxies }, () => new Map());
    this.cache.watch((commit) => {
      this.quarantine.committed(commit);
      for (const { name } of commit.changes) for (const proxy of this.#held.keys()) this.#heard.delete(`${proxy}/${name}`);
    });
  }

  /** A proxy takes or refuses the current version. Answers false when there is nothing to be said. */
  look(proxy: number, name: string): boolean {
    const held = this.#held[proxy];
    const resource = this.cache.view(FLEET)?.get('routeConfiguration', name)?.resource;
    const refused = this.#refused.get(`${proxy}/${name}`);
    if (held === undefined || resource === undefined) return false;
    if (refused === resource.version && this.#heard.has(`${proxy}/${name}`)) return false;
    if (refused === undefined && held.get(name)?.version === resource.version) return false;
    this.#heard.add(`${proxy}/${name}`);
    const evidence = { fleet: FLEET, envoyVersion: ENVOY, resource, before: held.get(name) };
    if (/=bad|bad-pattern-\d+=(,|$)/.test(resource.version)) {
      this.#refused.set(`${proxy}/${name}`, resource.version);
      this.quarantine.refused(evidence, 'bad');
    } else {
      this.#refused.delete(`${proxy}/${name}`);
      held.set(name, resource);
      this.quarantine.taken(evidence);
    }
    return true;
  }

  /** A proxy that connects anew, with nothing known of it. */
  restart(proxy: number): void {
    this.#held[proxy] = new Map();
    for (const name of names) this.#refused.delete(`${proxy}/${name}`);
  }

  tell(): boolean {
    const changes = this.quarantine.take();
    if (changes.length > 0) this.owner.onQuarantine(changes);
    return changes.length > 0;
  }

  finish(names: readonly string[]): void {
    for (let moved = true; moved; ) {
      moved = false;
      for (const name of names) for (const proxy of this.#held.keys()) moved = this.look(proxy, name) || moved;
      moved = this.tell() || moved;
    }
  }

  heldVersions(name: string): readonly (string | undefined)[] {
    return this.#held.map((held) => held.get(name)?.version);
  }

  #count(hashes: ReadonlySet<string>): ReadonlyMap<string, number> {
    const leaves = (this.cache.snapshot(FLEET) ?? []).flatMap(leavesOf).map(originalHash);
    return new Map(
      [...hashes].map((hash) => [hash, leaves.filter((leaf) => leaf === hash).length] as const).filter(([, count]) => count > 0),
    );
  }
}

type Step =
  | { readonly do: 'edit'; readonly name: string; readonly routes: Fragment[] }
  | { readonly do: 'look'; readonly name: string; readonly proxy: number }
  | { readonly do: 'restart'; readonly proxy: number }
  | { readonly do: 'tell' };

const names = ['r', 's'];
/** The safe answer of a bad pattern is refused too, as long as it keeps the pattern. */
const KINDS = ['good', 'good', 'good-pattern', 'good-pattern', 'bad', 'bad-action-pattern', 'bad-pattern'] as const;
const leaf = fc.record({ content: fc.nat({ max: 11 }), kind: fc.constantFrom(...KINDS) });
const routes: fc.Arbitrary<Fragment[]> = fc
  .array(leaf, { maxLength: 10 })
  .map((leaves) => leaves.map(({ content, kind }, index) => ({ key: `${index}`, hash: `${kind}-${content}`, requires: [] })));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('edit' as const), name: fc.constantFrom(...names), routes }),
  fc.record({ do: fc.constant('look' as const), name: fc.constantFrom(...names), proxy: fc.nat({ max: 2 }) }),
  fc.record({ do: fc.constant('look' as const), name: fc.constantFrom(...names), proxy: fc.nat({ max: 2 }) }),
  fc.record({ do: fc.constant('tell' as const) }),
  fc.record({ do: fc.constant('restart' as const), proxy: fc.nat({ max: 2 }) }),
);

function perform(court: Court, one: Step): void {
  if (one.do === 'edit') court.owner.put(one.name, one.routes);
  else if (one.do === 'look') court.look(one.proxy, one.name);
  else if (one.do === 'restart') court.restart(one.proxy);
  else court.tell();
}

test('in the end just the bad fragments that are in use are in quarantine, and every proxy holds what is served', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const court = new Court(3);
      for (const name of names) court.owner.put(name, []);
      for (const one of steps) perform(court, one);
      court.finish(names);
      const used = new Set((court.cache.snapshot(FLEET) ?? []).flatMap(leavesOf).map(originalHash));
      expect([...court.owner.quarantined.keys()].sort()).toEqual([...used].filter((hash) => hash.startsWith('bad')).sort());
      for (const name of names) {
        const served = court.cache.view(FLEET)?.get('routeConfiguration', name)?.resource.version;
        expect(court.heldVersions(name)).toEqual([served, served, served]);
      }
    }),
    { numRuns: 500 },
  );
});

describe('one version of Envoy', () => {
  const start = (): Court => {
    const court = new Court(2);
    court.owner.put('r', [{ key: 'a', hash: 'good-1', requires: [] }]);
    court.finish(['r']);
    return court;
  };

  test('a refusal that comes late, of what is in quarantine already, changes nothing', () => {
    const court = start();
    const before = court.cache.view(FLEET)?.get('routeConfiguration', 'r')?.resource;
    court.owner.put(
      'r',
      ['1', '2', '3', '4'].map((key) => ({ key, hash: key === '2' ? 'bad-2' : `good-${key}0`, requires: [] })),
    );
    const refused = court.cache.view(FLEET)?.get('routeConfiguration', 'r')?.resource;
    court.finish(['r']);
    if (refused === undefined) throw new Error('the cache has no r');
    court.quarantine.refused({ fleet: FLEET, envoyVersion: ENVOY, resource: refused, before }, 'late');
    expect(court.quarantine.take()).toEqual([]);
  });

  test('another version knows nothing of it', () => {
    const court = start();
    court.owner.put('r', [{ key: 'a', hash: 'bad-1', requires: [] }]);
    const resource = court.cache.view(FLEET)?.get('routeConfiguration', 'r')?.resource;
    if (resource === undefined) throw new Error('the cache has no r');
    court.finish(['r']);
    court.quarantine.refused({ fleet: FLEET, envoyVersion: '1.41.0', resource, before: undefined }, 'also bad');
    expect(court.quarantine.take()).toEqual([
      { hash: 'bad-1', envoyVersion: '1.41.0', message: 'also bad', quarantined: true, exact: true },
    ]);
  });

  test('forgetting it gives everything back', () => {
    const court = start();
    court.owner.put('r', [{ key: 'a', hash: 'bad-1', requires: [] }]);
    court.finish(['r']);
    court.quarantine.forget(ENVOY);
    expect(court.quarantine.take()).toEqual([{ hash: 'bad-1', envoyVersion: ENVOY, message: 'bad', quarantined: false }]);
  });
});

test.each(['good-0', 'good-pattern-0'])(
  'what was refused beside a suspect (%s), and comes again when that is cleared, is looked into',
  (first) => {
    const court = new Court(3);
    for (const name of names) court.owner.put(name, []);
    const two = (second: string): Fragment[] => [first, second].map((hash, index) => ({ key: `${index}`, hash, requires: [] }));
    court.owner.put('r', two('bad-0'));
    court.look(0, 'r');
    court.owner.put('s', two('bad-pattern-0'));
    for (const proxy of [0, 2, 1]) court.look(proxy, 's');
    court.tell();
    court.look(0, 'r');
    court.tell();
    court.finish(names);
    expect([...court.owner.quarantined.keys()].sort()).toEqual(['bad-0', 'bad-pattern-0']);
  },
);
