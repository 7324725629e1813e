import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { type KubernetesServer, startKubernetesServer } from '../../../e2e/harness/kubernetes-server.ts';
import { until } from '../../../e2e/harness/until.ts';
import type { InfraNode } from '../../../translators/ir/infra-node.ts';
import { defaultRenderOptions } from './default-options.ts';
import { CONFIG_MAP, POD, PROXY_KINDS, SERVICE } from './proxy-kinds.ts';
import { withController, withOwner } from './proxy-owner.ts';
import { renderFleet } from './render.ts';
import { CONTROLLER_NAME, InfrastructureWorld, infraOf } from './testing/infrastructure-world.ts';

jest.setTimeout(120_000);

const EVERYWHERE = [''];

/** Only an API server: what controllers do to a status, the tests do. */
describe('proxies in the namespaces of their Gateways', () => {
  let server: KubernetesServer;
  let home: InfrastructureWorld;
  /** Two namespaces with Gateways. */
  let teamA: InfrastructureWorld;
  let teamB: InfrastructureWorld;
  let ca: string;
  let count = 0;
  beforeAll(async () => {
    server = await startKubernetesServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    count += 1;
    ca = 'CA';
    home = new InfrastructureWorld(server, `home-${count}`);
    teamA = new InfrastructureWorld(server, `a-${count}`);
    teamB = new InfrastructureWorld(server, `b-${count}`);
    for (const world of [home, teamA, teamB]) await world.prepare();
    home.render = (infra) =>
      renderFleet(infra, { ...defaultRenderOptions('1'), namespace: home.namespace, deploy: 'GatewayNamespace', trustedCa: ca });
  });
  afterEach(() => Promise.all([home, teamA, teamB].map((world) => world.close())));

  const infra = (namespace: string, name: string): InfraNode => ({ ...infraOf(`${namespace}/${name}`), name, namespace });
  const gateway = ({ namespace }: InfrastructureWorld, name: string): string => {
    home.fleets.set(infra(namespace, name));
    return `${namespace}/${name}`;
  };
  /** With the labels of proxies of a Gateway, as another controller makes it. */
  const labelled = (namespace: string, fleet: string, name: string): KubernetesObject =>
    withOwner({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name } }, infraOf(fleet).labels);
  const made = async ({ namespace }: InfrastructureWorld): Promise<readonly string[]> => {
    const lists = await Promise.all(PROXY_KINDS.map((kind) => home.admin.list(kind, { namespace })));
    const names = lists.flatMap(({ items }) => items.map((item) => `${item.kind} ${item.metadata.name}`));
    return names.filter((name) => !['ConfigMap kube-root-ca.crt', 'ServiceAccount default'].includes(name)).sort();
  };
  const WHOLE = ['ConfigMap web', 'Deployment web', 'Service web', 'ServiceAccount web'];
  test('have the names of their Gateways, and go with them alone', async () => {
    const web = gateway(teamA, 'web');
    gateway(teamB, 'web');
    home.start({ places: EVERYWHERE });
    for (const world of [teamA, teamB]) await world.until(SERVICE, 'web');
    expect(await made(teamA)).toEqual(WHOLE);
    expect(await made(teamB)).toEqual(WHOLE);
    expect(await made(home)).toEqual([]);
    home.fleets.remove(web);
    await until('those of the one are gone', async () => ((await made(teamA)).length === 0 ? true : undefined));
    expect(await made(teamB)).toEqual(WHOLE);
  });

  test("leave a Service of the Gateway's name alone that is somebody else's, and say so", async () => {
    const foreign = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: teamA.namespace, name: 'web' },
      spec: { ports: [{ port: 1 }] },
    };
    const { metadata } = await home.create(foreign);
    const [blocked, free] = [gateway(teamA, 'web'), gateway(teamB, 'web')];
    home.start({ places: EVERYWHERE });
    await home.problem(
      blocked,
      `Service ${blocked} was not made by us: it carries no labels of a Gateway, so it is left alone. Delete or rename it, or choose another name in spec.provider.kubernetes.envoyService.name of the EnvoyProxy.`,
    );
    await teamB.until(SERVICE, 'web');
    await home.healed(free);
    home.fleets.remove(blocked);
    await until('the rest of it is gone', async () => ((await made(teamA)).length === 1 ? true : undefined));
    expect((await home.admin.get(SERVICE, blocked)).metadata).toMatchObject({
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    });
  });

  test.each([
    ['ServiceAccount', { apiVersion: 'v1', kind: 'ServiceAccount' }],
    ['ConfigMap', { apiVersion: 'v1', kind: 'ConfigMap' }],
  ])("do not run with a %s that is somebody else's", async (kind, object) => {
    const key = gateway(teamA, 'web');
    await home.create({ ...object, metadata: { namespace: teamA.namespace, name: 'web' } });
    home.start({ places: EVERYWHERE });
    await home.problem(key, new RegExp(`^${kind} ${key} was not made by us: `));
    await teamA.until(SERVICE, 'web');
    expect(await made(teamA)).toEqual(WHOLE.filter((name) => !name.startsWith('Deployment')));
  });

  test('of other controllers stay, wherever they are', async () => {
    const [inA, inB] = [`${teamA.namespace}/theirs`, `${teamB.namespace}/theirs`];
    // One that has its proxies with itself, one that has them with Gateways and signs them, one that signs nothing.
    await home.create(labelled(teamB.namespace, inA, 'with-controller'));
    await home.create(withController(labelled(teamA.namespace, inA, 'signed'), 'example.com/other'));
    await home.create(labelled(teamB.namespace, inB, 'unsigned'));
    await home.create(withController(labelled(teamB.namespace, inB, 'ours'), CONTROLLER_NAME));
    home.start({ places: EVERYWHERE });
    await until('what we made is gone', async () => ((await made(teamB)).includes('ConfigMap ours') ? undefined : true));
    gateway(teamA, 'web');
    await teamA.until(SERVICE, 'web');
    expect(await made(teamB)).toEqual(['ConfigMap unsigned', 'ConfigMap with-controller']);
    expect(await made(teamA)).toContain('ConfigMap signed');
  });

  test('take the place of those that were with the controller, once they serve', async () => {
    const before = infraOf(`${teamA.namespace}/web`);
    const old = renderFleet(before, { ...defaultRenderOptions('1'), namespace: home.namespace });
    if (!old.ok) throw new Error(old.problem.message);
    for (const object of old.value) await home.create(object);
    await home.runPods(before.name, 1);
    gateway(teamA, 'web');
    home.start({ places: EVERYWHERE });
    await teamA.until(SERVICE, 'web');
    gateway(teamA, 'marker');
    await teamA.until(SERVICE, 'marker');
    expect(await made(home)).toEqual(['ConfigMap', 'Deployment', 'Service', 'ServiceAccount'].map((kind) => `${kind} ${before.name}`));
    await teamA.runPods('web', 1);
    await until('the old proxies are gone', async () => ((await made(home)).length === 0 ? true : undefined));
  });

  test('trust the CA that holds now', async () => {
    gateway(teamA, 'web');
    const infrastructure = home.start({ places: EVERYWHERE });
    await teamA.until(SERVICE, 'web');
    await home.writes();
    ca = 'another CA';
    infrastructure.renderAgain();
    await teamA.until(CONFIG_MAP, 'web', (found) => JSON.stringify(found).includes('another CA'));
    expect(await home.writes()).toEqual(['apply ConfigMap']);
  });

  test('need rights where Gateways are and in no other namespace; one that is missing is said', async () => {
    const rules = [
      { kinds: PROXY_KINDS, verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
      { kinds: [POD], verbs: ['get', 'list', 'watch'] },
    ];
    for (const world of [home, teamA]) await world.allow(rules);
    const [allowed, denied] = [gateway(teamA, 'web'), gateway(teamB, 'web')];
    home.start({ as: server.restrictedKubeconfigPath, places: [home.namespace, teamA.namespace, teamB.namespace] });
    await teamA.until(SERVICE, 'web');
    await home.healed(allowed);
    await home.problem(denied, new RegExp(`serviceaccounts.* in namespace ${teamB.namespace}`));
    expect(await made(teamB)).toEqual([]);
  });
});
