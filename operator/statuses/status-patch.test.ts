import fc from 'fast-check';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { Condition, KubernetesObject } from '../../crds/object-meta.ts';
import type { DesiredCondition, DesiredParent, DesiredStatus } from './desired-status.ts';
import { OWN_CONDITIONS } from './own-conditions.ts';
import { statusPatch } from './status-patch.ts';

const OURS = 'gateway.envoyproxy.io/gatewayclass-controller';
const EARLIER = '2025-01-01T00:00:00Z';
const NOW = new Date('2026-02-03T04:05:06.789Z');
const AT_NOW = '2026-02-03T04:05:06Z';

const object = (status: unknown, generation = 3): KubernetesObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { namespace: 'ns', name: 'a', resourceVersion: '42', generation },
  ...(status === undefined ? {} : { status }),
});

const patch = (live: KubernetesObject, desired: DesiredStatus): readonly Operation[] | undefined =>
  statusPatch(live, desired, { controllerName: OURS }, NOW);

const apply = (live: KubernetesObject, operations: readonly Operation[]): KubernetesObject =>
  jsonPatch.applyPatch(live, [...operations], true, false).newDocument;

const live = (type: string, status: Condition['status'], further: Partial<Condition> = {}): Condition => ({
  type,
  status,
  observedGeneration: 3,
  lastTransitionTime: EARLIER,
  reason: 'Because',
  message: 'So it is.',
  ...further,
});

const want = (type: string, status: DesiredCondition['status'], further: Partial<DesiredCondition> = {}): DesiredCondition => ({
  type,
  status,
  observedGeneration: 3,
  reason: 'Because',
  message: 'So it is.',
  ...further,
});

const parent = (name: string, conditions: readonly DesiredCondition[], controllerName = OURS): DesiredParent => ({
  parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name },
  controllerName,
  conditions,
});

const statusAfter = (from: KubernetesObject, desired: DesiredStatus): unknown => {
  const operations = patch(from, desired);
  return operations === undefined ? 'unchanged' : apply(from, operations).status;
};

describe('statusPatch', () => {
  test('writes the first status of an object', () => {
    expect(statusAfter(object(undefined), { conditions: [want('Accepted', 'True')] })).toEqual({
      conditions: [live('Accepted', 'True', { lastTransitionTime: AT_NOW })],
    });
  });

  test('holds only for the version that it was made from', () => {
    const operations = patch(object({}), { conditions: [want('Accepted', 'True')] });
    expect(operations?.[0]).toEqual({ op: 'test', path: '/metadata/resourceVersion', value: '42' });
  });

  test('moves lastTransitionTime with the status and with nothing else', () => {
    const from = object({ conditions: [live('Accepted', 'True'), live('Programmed', 'False')] });
    const desired = { conditions: [want('Accepted', 'True', { reason: 'Other', observedGeneration: 4 }), want('Programmed', 'True')] };
    expect(statusAfter(from, desired)).toEqual({
      conditions: [
        live('Accepted', 'True', { reason: 'Other', observedGeneration: 4 }),
        live('Programmed', 'True', { lastTransitionTime: AT_NOW }),
      ],
    });
  });

  test('is nothing where nothing changes', () => {
    expect(patch(object({ conditions: [live('Accepted', 'True')] }), { conditions: [want('Accepted', 'True')] })).toBeUndefined();
    expect(patch(object(undefined), {})).toBeUndefined();
  });

  test('takes the generation of the live object where none was looked at', () => {
    const { observedGeneration: _, ...condition } = want('Accepted', 'True');
    expect(statusAfter(object(undefined, 7), { conditions: [condition] })).toMatchObject({ conditions: [{ observedGeneration: 7 }] });
  });

  test('leaves what is said already where not all is known yet, and takes nothing away', () => {
    const provisional = want('Programmed', 'False', { reason: 'Pending', provisional: true, observedGeneration: 4 });
    const before = [live('Programmed', 'True'), live('AddressesAssigned', 'True')];
    expect(patch(object({ conditions: before }), { conditions: [provisional] })).toBeUndefined();
    const desired = { conditions: [provisional, want('Accepted', 'True', { observedGeneration: 4 })] };
    expect(statusAfter(object({ conditions: before }), desired)).toEqual({
      conditions: [...before, live('Accepted', 'True', { observedGeneration: 4, lastTransitionTime: AT_NOW })],
    });
  });

  test('says what is provisional where nothing is said', () => {
    const desired = { conditions: [want('Programmed', 'False', { reason: 'Pending', provisional: true })] };
    const said = { conditions: [live('Programmed', 'False', { reason: 'Pending', lastTransitionTime: AT_NOW })] };
    expect(statusAfter(object(undefined), desired)).toEqual(said);
    // As the API server makes a new Gateway.
    expect(statusAfter(object({ conditions: [live('Programmed', 'Unknown')] }), desired)).toEqual(said);
  });

  test('removes our condition that is gone and leaves the one of somebody else', () => {
    const foreign = live('example.com/Audited', 'True');
    const from = object({ conditions: [foreign, live('Programmed', 'True'), live('Accepted', 'True')] });
    expect(statusAfter(from, { conditions: [want('Accepted', 'True')] })).toEqual({ conditions: [foreign, live('Accepted', 'True')] });
  });

  test('leaves the parents of other controllers, and conditions of others in ours', () => {
    const theirs = { ...parent('theirs', [], 'example.com/other'), conditions: [live('Accepted', 'False')] };
    const ours = { ...parent('ours', []), conditions: [live('Accepted', 'False'), live('example.com/PolicyAffected', 'True')] };
    const gone = { ...parent('gone', []), conditions: [live('Accepted', 'True')] };
    const desired = { parents: [parent('new', [want('Accepted', 'True')]), parent('ours', [want('Accepted', 'True')])] };
    expect(statusAfter(object({ parents: [gone, theirs, ours] }), desired)).toEqual({
      parents: [
        theirs,
        {
          ...ours,
          conditions: [live('Accepted', 'True', { lastTransitionTime: AT_NOW }), live('example.com/PolicyAffected', 'True')],
        },
        { ...parent('new', []), conditions: [live('Accepted', 'True', { lastTransitionTime: AT_NOW })] },
      ],
    });
  });

  test('knows a parent again whose defaults are written out', () => {
    const short = { parentRef: { name: 'gw' }, controllerName: OURS, conditions: [live('Accepted', 'True')] };
    expect(statusAfter(object({ parents: [short] }), { parents: [parent('gw', [want('Accepted', 'True')])] })).toEqual({
      parents: [{ ...parent('gw', []), conditions: [live('Accepted', 'True')] }],
    });
  });

  test('tells sections and ports of one parent apart', () => {
    const at = (further: object): DesiredParent => {
      const one = parent('gw', [want('Accepted', 'True')]);
      return { ...one, parentRef: { ...one.parentRef, ...further } };
    };
    const desired = { parents: [at({}), at({ sectionName: 'http' }), at({ port: 80 })] };
    expect(statusAfter(object(undefined), desired)).toMatchObject({ parents: desired.parents.map(({ parentRef }) => ({ parentRef })) });
  });

  test('replaces listeners, addresses and features', () => {
    const from = object({
      addresses: [{ type: 'IPAddress', value: '10.0.0.1' }],
      listeners: [
        { name: 'old', attachedRoutes: 1, supportedKinds: [], conditions: [live('Accepted', 'True')] },
        { name: 'http', attachedRoutes: 1, supportedKinds: [], conditions: [live('Accepted', 'True')] },
      ],
      somethingElse: 1,
    });
    const desired = {
      addresses: [{ type: 'IPAddress', value: '10.0.0.2' }],
      listeners: [{ name: 'http', attachedRoutes: 2, supportedKinds: [{ kind: 'HTTPRoute' }], conditions: [want('Accepted', 'True')] }],
      supportedFeatures: [{ name: 'Gateway' }],
      attachedListenerSets: 2,
    };
    expect(statusAfter(from, desired)).toEqual({
      ...desired,
      listeners: [{ ...desired.listeners[0], conditions: [live('Accepted', 'True')] }],
      somethingElse: 1,
    });
  });

  test('leaves alone what it was not asked about', () => {
    const from = object({ conditions: [live('Accepted', 'True')], addresses: [{ value: '10.0.0.1' }] });
    expect(patch(from, { listeners: undefined as never, conditions: [want('Accepted', 'True')] })).toBeUndefined();
  });
});

const own = fc.constantFrom(...OWN_CONDITIONS);
const foreign = fc.constantFrom('example.com/A', 'example.com/B', 'Ready', 'Foreign');
const status = fc.constantFrom('True', 'False', 'Unknown') as fc.Arbitrary<'True' | 'False' | 'Unknown'>;
const words = { status, reason: fc.constantFrom('X', 'Y'), message: fc.string({ maxLength: 5 }) };
const observedGeneration = fc.integer({ min: 1, max: 3 });
const liveConditions = fc.uniqueArray(
  fc.record({ type: fc.oneof(own, foreign), ...words, observedGeneration, lastTransitionTime: fc.constantFrom(EARLIER, AT_NOW) }),
  { selector: ({ type }) => type, maxLength: 6 },
);
const desiredConditions = fc.uniqueArray(fc.record({ type: own, ...words, observedGeneration }), {
  selector: ({ type }) => type,
  maxLength: 4,
});
const names = fc.constantFrom('gw-1', 'gw-2', 'gw-3');
const liveParents = fc.uniqueArray(
  fc.record({
    parentRef: fc.record({ name: names }),
    controllerName: fc.constantFrom(OURS, 'example.com/other'),
    conditions: liveConditions,
  }),
  { selector: ({ parentRef, controllerName }) => `${controllerName} ${parentRef.name}`, maxLength: 5 },
);
const desiredParents = fc.uniqueArray(
  fc.record({ parentRef: fc.record({ name: names }), controllerName: fc.constant(OURS), conditions: desiredConditions }),
  { selector: ({ parentRef }) => parentRef.name, maxLength: 3 },
);
const liveStatus = fc.option(fc.record({ conditions: liveConditions, parents: liveParents, extra: fc.jsonValue({ maxDepth: 1 }) }), {
  nil: undefined,
});
const desiredStatus = fc.record({ conditions: desiredConditions, parents: desiredParents }, { requiredKeys: [] });

// Boundary: what was generated above, read back from the patched object.
const read = (from: KubernetesObject) =>
  (from.status ?? {}) as { conditions?: Condition[]; parents?: (DesiredParent & { conditions: Condition[] })[]; extra?: unknown };

const withoutTimes = (conditions: readonly Condition[] = []): unknown[] =>
  conditions
    .filter(({ type }) => OWN_CONDITIONS.has(type))
    .map(({ lastTransitionTime: _, ...rest }) => rest)
    .sort((a, b) => (a.type < b.type ? -1 : 1));

const foreignOnes = (conditions: readonly Condition[] = []): string =>
  JSON.stringify(conditions.filter(({ type }) => !OWN_CONDITIONS.has(type)));

const sorted = <T extends { readonly type: string }>(list: readonly T[]): T[] => [...list].sort((a, b) => (a.type < b.type ? -1 : 1));

describe('statusPatch, for any live and desired status,', () => {
  const both = (check: (from: KubernetesObject, desired: DesiredStatus, to: KubernetesObject) => void): void =>
    fc.assert(
      fc.property(liveStatus, desiredStatus, (from, wanted) => {
        // Boundary: fast-check has optional keys as possibly undefined ones.
        const desired = JSON.parse(JSON.stringify(wanted)) as DesiredStatus;
        const before = object(from === undefined ? undefined : JSON.parse(JSON.stringify(from)));
        check(before, desired, apply(before, patch(before, desired) ?? []));
      }),
      { numRuns: 300 },
    );

  test('makes our part as desired', () => {
    both((from, desired, to) => {
      if (desired.conditions !== undefined) expect(withoutTimes(read(to).conditions)).toEqual(sorted(desired.conditions));
      else expect(JSON.stringify(read(to).conditions)).toBe(JSON.stringify(read(from).conditions));
      if (desired.parents === undefined) return;
      const ours = (read(to).parents ?? []).filter(({ controllerName }) => controllerName === OURS);
      const byName = new Map(ours.map((entry) => [entry.parentRef['name'], entry]));
      expect([...byName.keys()].sort()).toEqual(desired.parents.map(({ parentRef }) => parentRef['name']).sort());
      for (const { parentRef, conditions } of desired.parents) {
        expect(withoutTimes(byName.get(parentRef['name'])?.conditions)).toEqual(sorted(conditions));
      }
    });
  });

  test('leaves the part of others byte-equal', () => {
    both((from, _, to) => {
      expect(foreignOnes(read(to).conditions)).toBe(foreignOnes(read(from).conditions));
      expect(JSON.stringify(read(to).extra)).toBe(JSON.stringify(read(from).extra));
      const theirs = (one: KubernetesObject): string =>
        JSON.stringify((read(one).parents ?? []).filter(({ controllerName }) => controllerName !== OURS));
      expect(theirs(to)).toBe(theirs(from));
    });
  });

  test('is nothing the second time', () => {
    both((_, desired, to) => {
      expect(statusPatch(to, desired, { controllerName: OURS }, new Date('2030-01-01T00:00:00Z'))).toBeUndefined();
    });
  });
});
