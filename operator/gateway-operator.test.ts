import type { KubernetesObject } from '../crds/object-meta.ts';
import type { KubeClient } from './cluster/kube-client.ts';
import type { ResourceKind } from './cluster/resource-kind.ts';
import { THING, THINGS, thing } from './cluster/testing/follower.ts';
import { fail, ScriptedApiServer } from './cluster/testing/scripted-api-server.ts';
import { until } from './cluster/testing/until.ts';
import { GatewayOperator } from './gateway-operator.ts';

const OTHER: ResourceKind = { ...THING, kind: 'Other', plural: 'others' };
const OTHERS = '/apis/test.io/v1/others';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const FINALIZER = 'test.io/in-use';

describe('GatewayOperator', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let operator: GatewayOperator;
  let logged: string[];
  /** The fields of each line. */
  let told: object[];
  let synced: boolean;

  const make = (): GatewayOperator => {
    const log = (level: string) => (message: string, fields?: object) => {
      logged.push(`${level} ${message}`);
      told.push({ ...fields });
    };
    const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
    return new GatewayOperator({ client, logger, random: () => 0 });
  };

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    client = server.client();
    logged = [];
    told = [];
    synced = false;
    operator = make();
  });

  afterEach(async () => {
    await operator.stop();
    await client.close();
    await server.stop();
  });

  const start = async (): Promise<void> => {
    void operator.synced.then(() => {
      synced = true;
    });
    await operator.start();
  };

  test('a newer copy with an equal spec shares it with the older one', async () => {
    operator.register({ kind: THING, reconcile: () => undefined });
    const copy = () => operator.object(THING, 'ns/a');
    const put = async (spec: object, n: number) => {
      server.put(THINGS, { ...thing('a', spec), status: { n } });
      await until('the copy is there', () => JSON.stringify(copy()?.status) === JSON.stringify({ n }));
      return copy()?.spec;
    };
    await start();
    const first = await put({ of: [1] }, 1);
    expect(first).toEqual({ of: [1] });
    expect(await put({ of: [1] }, 2)).toBe(first);
    expect(await put({ of: [2] }, 3)).toEqual({ of: [2] });
  });

  test('calls the reconciler with the key of whatever is there, changes or goes', async () => {
    const seen: string[] = [];
    server.put(THINGS, thing('a', 1));
    operator.register({
      kind: THING,
      reconcile: (key) => void seen.push(`${key} ${JSON.stringify(operator.object(THING, key)?.spec)}`),
    });
    await start();
    await operator.synced;
    expect(seen).toEqual(['ns/a 1']);
    expect([...operator.keys(THING)]).toEqual(['ns/a']);
    server.put(THINGS, thing('a', 2));
    await until('the change', () => seen.length === 2);
    server.remove(THINGS, 'ns/a');
    await until('the deletion', () => seen.length === 3);
    expect(seen.slice(1)).toEqual(['ns/a 2', 'ns/a undefined']);
    operator.requeue(THING, 'ns/b');
    await until('the requeue', () => seen.length === 4);
  });

  test('tries a key again whose reconciler throws, says so, and goes on with the others', async () => {
    const seen: string[] = [];
    server.put(THINGS, thing('bad'));
    server.put(THINGS, thing('good'));
    operator.register({
      kind: THING,
      reconcile: async (key) => {
        seen.push(key);
        if (key === 'ns/bad' && seen.length < 3) throw new Error('a bug');
      },
    });
    await start();
    await operator.synced;
    await until('the second try', () => seen.length === 3);
    expect(seen).toEqual(['ns/bad', 'ns/good', 'ns/bad']);
    expect(logged.filter((line) => line.startsWith('error'))).toEqual([
      expect.stringContaining('Thing ns/bad could not be reconciled, again in 50 ms: Error: a bug'),
    ]);
    expect(told).toContainEqual({ kind: 'Thing', namespace: 'ns', name: 'bad' });
  });

  test('is in sync when every kind has been listed, and not before', async () => {
    let held = true;
    server.intercept = ({ path }) => held && path === OTHERS;
    server.put(THINGS, thing('a'));
    const seen: string[] = [];
    for (const kind of [THING, OTHER]) operator.register({ kind, reconcile: (key) => void seen.push(key) });
    await start();
    await until('the first kind', () => seen.length === 1);
    expect(synced).toBe(false);
    held = false;
    await operator.stop();
    operator = make();
    for (const kind of [THING, OTHER]) operator.register({ kind, reconcile: () => undefined });
    await start();
    await operator.synced;
  });

  test('does not wait for a kind that it may not read, nor for one that is not there', async () => {
    server.served = new Set([THINGS, OTHERS, DEFINITIONS]);
    server.intercept = ({ path }, response) => {
      if (path === OTHERS) fail(response, 403, 'Forbidden');
      return path === OTHERS;
    };
    const absent: ResourceKind = { ...THING, kind: 'Absent', plural: 'absents' };
    for (const kind of [THING, OTHER, absent]) operator.register({ kind, reconcile: () => undefined });
    await start();
    await operator.synced;
    expect(operator.problems.map(({ kind, reason }) => `${kind.kind} ${reason}`)).toEqual(['Absent NotServed', 'Other Forbidden']);
    expect(logged.filter((line) => line.startsWith('warn'))).toHaveLength(2);
  });

  test('finds a kind as soon as its definition comes', async () => {
    server.served = new Set([DEFINITIONS]);
    const seen: string[] = [];
    operator.register({ kind: THING, reconcile: (key) => void seen.push(key) });
    await start();
    await operator.synced;
    const tries = (): number => server.requests.filter(({ path }) => path === THINGS).length;
    await until('a few tries in vain', () => tries() >= 4);
    server.served = new Set([DEFINITIONS, THINGS]);
    server.put(THINGS, thing('a'));
    const before = tries();
    server.put(DEFINITIONS, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.test.io' },
    });
    await until('the object', () => seen.length === 1);
    expect(tries()).toBe(before + 1);
    expect(server.requests.find(({ path }) => path === DEFINITIONS)?.headers.accept).toContain('as=PartialObjectMetadata');
  });

  test('keeps a finalizer while an object is in use', async () => {
    const finalizers = (): readonly string[] | undefined => server.get(THINGS, 'ns/a')?.metadata.finalizers;
    const known = (): KubernetesObject | undefined => operator.object(THING, 'ns/a');
    const caughtUp = () =>
      until('the echo', () => known()?.metadata.resourceVersion === server.get(THINGS, 'ns/a')?.metadata.resourceVersion);
    const bare = thing('a');
    server.put(THINGS, { ...bare, metadata: { ...bare.metadata, finalizers: ['else/where'] } });
    operator.register({ kind: THING, reconcile: () => undefined });
    await start();
    await operator.synced;
    await operator.keepFinalizer(THING, 'ns/a', { finalizer: FINALIZER, inUse: true });
    expect(finalizers()).toEqual(['else/where', FINALIZER]);
    await caughtUp();
    const writes = server.requests.length;
    await operator.keepFinalizer(THING, 'ns/a', { finalizer: FINALIZER, inUse: true });
    expect(server.requests).toHaveLength(writes);
    await operator.keepFinalizer(THING, 'ns/a', { finalizer: FINALIZER, inUse: false });
    expect(finalizers()).toEqual(['else/where']);
    await caughtUp();
    await operator.keepFinalizer(THING, 'ns/a', { finalizer: FINALIZER, inUse: true });
    const alive = server.get(THINGS, 'ns/a') ?? bare;
    server.put(THINGS, { ...alive, metadata: { ...alive.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    await caughtUp();
    await operator.keepFinalizer(THING, 'ns/a', { finalizer: FINALIZER, inUse: true });
    expect(finalizers()).toEqual(['else/where', FINALIZER]);
    await operator.keepFinalizer(THING, 'ns/a', { finalizer: FINALIZER, inUse: false });
    expect(finalizers()).toEqual(['else/where']);
    await operator.keepFinalizer(THING, 'ns/nobody', { finalizer: FINALIZER, inUse: false });
  });

  test('does not overwrite the finalizers of others: a stale copy answers 409', async () => {
    server.put(THINGS, thing('a'));
    operator.register({ kind: THING, reconcile: () => undefined });
    await start();
    await operator.synced;
    server.endWatches();
    server.intercept = ({ method }) => method === 'GET';
    const now = thing('a');
    server.put(THINGS, { ...now, metadata: { ...now.metadata, finalizers: ['new/one'] } });
    await expect(operator.keepFinalizer(THING, 'ns/a', { finalizer: FINALIZER, inUse: true })).rejects.toMatchObject({ status: 409 });
    expect(server.get(THINGS, 'ns/a')?.metadata.finalizers).toEqual(['new/one']);
  });

  test('starts although the kubeconfig of the environment is broken, and puts the environment back', () => {
    const before = process.env['KUBECONFIG'];
    process.env['KUBECONFIG'] = '/nowhere/at/all';
    expect(() => make()).not.toThrow();
    expect(process.env['KUBECONFIG']).toBe('/nowhere/at/all');
    if (before === undefined) delete process.env['KUBECONFIG'];
    else process.env['KUBECONFIG'] = before;
  });
});
