import { jest } from '@jest/globals';
import { EXPERIMENTS } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { Condition, KubernetesObject } from '../../crds/object-meta.ts';
import { gateway, gatewayClass, httpRoute } from '../../e2e/harness/gateway-objects.ts';
import { resourceKind, type TestCluster } from '../../e2e/harness/test-cluster.ts';
import { untilIs } from '../../e2e/harness/until.ts';
import { resourceName } from '../cluster/resource-kind.ts';
import { fieldsOf, objectsIn } from '../infrastructure/kubernetes/json-fields.ts';
import { type LinkedCluster, startLinkedCluster } from '../testing/linked-cluster.ts';
import { watchedKind } from './watched-kinds.ts';

jest.setTimeout(120_000);

const KIND = watchedKind('XBackend');

let world: LinkedCluster;
let cluster: TestCluster;
let link: LinkedCluster['link'];
/** Of statuses of XBackends. */
let writes = 0;

const backend = (port: object, hostname = 'api.example.net'): KubernetesObject => ({
  apiVersion: `${EXPERIMENTS}/v1alpha1`,
  kind: 'XBackend',
  metadata: { name: 'x', namespace: 'default' },
  spec: { type: 'ExternalHostname', externalHostname: { hostname }, port },
});
const route = httpRoute('r', { gateway: 'gw', rule: { backendRefs: [{ group: EXPERIMENTS, kind: 'XBackend', name: 'x' }] } });

beforeAll(async () => {
  world = await startLinkedCluster();
  ({ cluster, link } = world);
  await cluster.installExperiments();
  link.writer.onWrite = ({ kind }) => {
    if (kind.kind === 'XBackend') writes += 1;
  };
  await cluster.apply(gatewayClass('eg'), gateway('gw', [{ port: 80 }]), route, backend({ port: 443 }));
  await world.start();
});
afterAll(() => world.stop());

interface Entry {
  readonly parentRef?: { readonly name: string };
  readonly ancestorRef?: { readonly name: string };
  readonly conditions?: readonly Condition[];
}

/** What is there, as `<list> <Gateway> <condition>=<reason>`, one after the other. */
async function told(): Promise<string> {
  const live = await cluster.find('XBackend', 'default/x');
  // The API server has checked it against the CRD.
  const lists = Object.entries((live?.status ?? {}) as Readonly<Record<string, readonly Entry[]>>);
  const said = lists.flatMap(([list, entries]) =>
    entries.map(({ parentRef, ancestorRef, conditions = [] }) => {
      const stale = conditions.some(({ observedGeneration = 0 }) => observedGeneration !== live?.metadata.generation);
      const turned = conditions.map(({ type, reason }) => ` ${type}=${reason}`).join('');
      return `${list} ${(parentRef ?? ancestorRef)?.name}${turned}${stale ? ' (stale)' : ''}`;
    }),
  );
  return said.join(', ');
}

const untilTold = (expected: string): Promise<unknown> => untilIs('what the XBackend says', expected, told);

const compared = (): number => link.writer.counters.unchanged + link.writer.counters.written;

/** Looks at everything again, which are so many statuses, and answers how often an XBackend was written. */
async function writesOfALook(statuses: number): Promise<number> {
  await link.writer.flush();
  const written = writes;
  const before = compared();
  link.operator.resync();
  await untilIs('all are compared', true, async () => compared() >= before + statuses);
  await link.writer.flush();
  return writes - written;
}

test('v1.6.3 knows parents; what it says follows the backend and its routes, entries of others stay, and nothing is written twice', async () => {
  await untilTold('parents gw Accepted=Accepted');
  expect(await writesOfALook(4)).toBe(0);
  await cluster.apply(backend({ port: 443 }, '10.0.0.1'));
  await untilTold('parents gw Accepted=Invalid');
  const foreign = { parentRef: { name: 'theirs' }, controllerName: 'example.com/other' };
  const operations = [{ op: 'add', path: '/status/parents/0', value: foreign }];
  await cluster.client.patch(KIND, 'default/x', { type: 'json', operations }, { subresource: 'status' });
  await cluster.remove('HTTPRoute', 'default/r');
  await untilTold('parents theirs');
  await cluster.apply(route, backend({ port: 443 }));
  await untilTold('parents theirs, parents gw Accepted=Accepted');
  expect(await writesOfALook(4)).toBe(0);
});

test('v1.7.0, installed while it runs, knows ancestors, and no port as v1.6.3 has it', async () => {
  await cluster.installExperiments('newer');
  await untilTold('ancestors gw Accepted=Invalid');
  expect(await writesOfALook(4)).toBe(0);
  await cluster.remove('XBackend', 'default/x');
  await cluster.apply(backend({ number: 443 }));
  await untilTold('ancestors gw Accepted=Accepted');
  expect(await writesOfALook(4)).toBe(0);
});

/** The status of the version that is installed without the list. */
function withoutList(definition: KubernetesObject): KubernetesObject {
  const text = JSON.stringify(definition.spec).replace('"ancestors":{', '"entries":{');
  const { name } = definition.metadata;
  return { apiVersion: definition.apiVersion, kind: definition.kind, metadata: { name }, spec: JSON.parse(text) };
}

test('where the definition has neither list, nothing is written, however often one looks', async () => {
  const definitions = resourceKind('CustomResourceDefinition');
  const definition = await cluster.client.get(definitions, resourceName(KIND));
  await cluster.client.patch(definitions, resourceName(KIND), { type: 'merge', body: { spec: withoutList(definition).spec } });
  await untilTold('');
  const written = writes;
  await cluster.apply(backend({ number: 444 }));
  await untilIs('the change', 444, async () => fieldsOf(fieldsOf(link.operator.object(KIND, 'default/x')?.spec)['port'])['number']);
  expect(await writesOfALook(3)).toBe(0);
  expect(writes).toBe(written);
  expect(objectsIn(fieldsOf((await cluster.find('XBackend', 'default/x'))?.status)['ancestors'])).toEqual([]);
});
