import { jest } from '@jest/globals';
import { Agent, request } from 'undici';
import { EXPERIMENTS } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import { KINDS } from '../../crds/kinds.ts';
import type { Condition, KubernetesObject } from '../../crds/object-meta.ts';
import { CONTROLLER, gateway, gatewayClass, httpRoute } from '../../e2e/harness/gateway-objects.ts';
import { PlayedPods } from '../../e2e/harness/played-pods.ts';
import { conditionOf, startTestCluster, type TestCluster } from '../../e2e/harness/test-cluster.ts';
import { untilIs } from '../../e2e/harness/until.ts';
import { expandEntry } from '../../translators/envoy/expand.ts';
import { join } from '../../translators/envoy/framing.ts';
import { type KubeClient, loadKubeClient } from '../cluster/kube-client.ts';
import { ClusterLink } from '../cluster-link.ts';
import { ControlPlane } from '../control-plane.ts';

jest.setTimeout(180_000);

const quiet = (): undefined => undefined;
const logger = { info: quiet, warn: quiet, error: quiet, debug: quiet };

const namespace = (name: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const backend = (key: string, spec: object): KubernetesObject => {
  const [home = '', name = ''] = key.split('/');
  return {
    apiVersion: `${EXPERIMENTS}/v1alpha1`,
    kind: 'XBackend',
    metadata: { namespace: home, name },
    spec: { port: { number: 8080 }, ...spec },
  };
};
const selecting = (key: string, matchLabels: object = { app: 'cart' }): KubernetesObject =>
  backend(key, { type: 'EndpointSelector', endpointSelector: { matchLabels } });
const leadingOut = (key: string): KubernetesObject =>
  backend(key, { type: 'ExternalHostname', externalHostname: { hostname: 'api.example.net' } });
const route = httpRoute('r', { gateway: 'gw', rule: { backendRefs: [{ group: EXPERIMENTS, kind: 'XBackend', name: 'x' }] } });
const CLASS = gatewayClass('eg');
const GATEWAY = gateway('gw', [{ port: 80 }]);

const READ = ['get', 'list', 'watch'];
const groups = [...new Set(KINDS.map(({ group }) => group))];
/** All that the operator reads and writes, with Pods or without. */
const roleFor = (withPods: boolean): KubernetesObject => {
  const rules = [
    { apiGroups: [''], resources: ['services', 'secrets', 'configmaps', 'namespaces', ...(withPods ? ['pods'] : [])], verbs: READ },
    { apiGroups: groups.filter((group) => group !== ''), resources: ['*'], verbs: [...READ, 'patch'] },
    { apiGroups: ['apiextensions.k8s.io'], resources: ['*'], verbs: READ },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  ];
  const object = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'operator' }, rules };
  return object;
};
const boundTo = (user: string): KubernetesObject => {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'operator' };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
  const object = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'operator' },
    roleRef,
    subjects,
  };
  return object;
};

interface Linked {
  readonly controlPlane: ControlPlane;
  readonly link: ClusterLink;
  readonly stop: () => Promise<void>;
}

/** Resolves when the cluster is known. */
async function linked(client: KubeClient): Promise<Linked> {
  const controlPlane = new ControlPlane({ controllerName: CONTROLLER, logger });
  const link = new ClusterLink({ client, controlPlane, controllerName: CONTROLLER, logger });
  await link.start(new AbortController().signal);
  return {
    controlPlane,
    link,
    stop: async () => {
      await link.stop();
      await controlPlane.close();
    },
  };
}

/** What the proxies of the Gateway have as endpoints, `<assignment>: <address>...`. */
const served = ({ controlPlane }: Linked): string =>
  [...controlPlane.endpoints.loadAssignments.entries()]
    .map(
      ([key, { resource }]) =>
        `${key.split('|')[1]}: ${[...JSON.stringify(expandEntry(join(resource.entry))).matchAll(/192\.0\.2\.\d+/g)].join(' ')}`,
    )
    .join(', ');

describe('Pods that XBackends select', () => {
  let cluster: TestCluster;
  let pods: PlayedPods;

  /** Watches of Pods that the API server has open, of whomever. */
  async function watches(): Promise<number> {
    const { url, token, ca } = cluster.server;
    const dispatcher = new Agent({ connect: { ca } });
    const answer = await request(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` }, dispatcher });
    const lines = (await answer.body.text()).split('\n').filter((line) => /^apiserver_longrunning_requests\{.*resource="pods"/.test(line));
    await dispatcher.close();
    return lines.filter((line) => /verb="WATCH"/.test(line)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
  /** Of the XBackend, and of the route to it. */
  const told = async (): Promise<string> => {
    const status = (await cluster.find('XBackend', 'default/x'))?.status as
      | { readonly ancestors?: readonly { readonly conditions?: readonly Condition[] }[] }
      | undefined; // the API server has checked it
    const accepted = status?.ancestors?.[0]?.conditions?.[0];
    const resolved = conditionOf(await cluster.find('HTTPRoute', 'default/r'), 'ResolvedRefs', { parent: 'gw' });
    return `${accepted?.reason} ${resolved?.reason}`;
  };

  beforeAll(async () => {
    cluster = await startTestCluster();
    pods = new PlayedPods(cluster);
    await cluster.installCrds();
    await cluster.installExperiments('newer');
    await cluster.apply(namespace('other'), CLASS, GATEWAY, route, leadingOut('default/x'));
    await pods.create('a', { app: 'cart' });
    await pods.runs('a', { address: '192.0.2.1' });
  });
  afterAll(() => cluster.stop());

  test('are followed in the namespaces of these alone, from the first to the last', async () => {
    const before = await watches();
    const open = (more: number) => untilIs('open watches of Pods', before + more, watches);
    const operator = await linked(cluster.client);
    try {
      await untilIs('the status', 'Accepted ResolvedRefs', told);
      await open(0);
      await cluster.apply(selecting('default/x'));
      await untilIs('endpoints', 'xbackend/default/x/8080: 192.0.2.1', async () => served(operator));
      await open(1);
      await cluster.apply(selecting('default/y'), selecting('other/z'));
      await open(2);
      await cluster.remove('XBackend', 'other/z');
      await cluster.remove('XBackend', 'default/y');
      await open(1);
      await cluster.apply(leadingOut('default/x'));
      await open(0);
      await untilIs('endpoints', '', async () => served(operator));
      expect([...operator.controlPlane.endpoints.inputs.pods.keys()]).toEqual([]);
    } finally {
      await operator.stop();
    }
  });

  test('are known before the first snapshot, so that nothing is without endpoints for a moment', async () => {
    await cluster.apply(selecting('default/x'));
    const operator = await linked(cluster.client);
    try {
      expect(served(operator)).toBe('xbackend/default/x/8080: 192.0.2.1');
    } finally {
      await operator.stop();
    }
  });

  test('stay until all routes go elsewhere, however many there are', async () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ ...route, metadata: { ...route.metadata, name: `r-${i}` } }));
    await Promise.all(many.map((each) => cluster.apply(each)));
    const operator = await linked(cluster.client);
    const { endpoints } = operator.controlPlane;
    const states: string[] = [];
    endpoints.graph.onCommit(endpoints.loadAssignments, () => states.push(served(operator)));
    try {
      await cluster.apply(leadingOut('default/x'));
      await untilIs('the Pods', 0, async () => endpoints.inputs.pods.size);
      // Its end, and never without its Pods before.
      expect(states).toEqual(['']);
    } finally {
      await operator.stop();
      for (const { metadata } of many) await cluster.remove('HTTPRoute', `default/${metadata.name}`);
      await cluster.apply(selecting('default/x'));
    }
  });

  test("are kept without what is nobody's business", async () => {
    const operator = await linked(cluster.client);
    try {
      expect(operator.controlPlane.endpoints.inputs.pods.get('default/a')).toEqual({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'default', name: 'a', labels: { app: 'cart' } },
        status: { phase: 'Running', podIP: '192.0.2.1', conditions: [{ type: 'Ready', status: 'True' }] },
      });
    } finally {
      await operator.stop();
    }
  });

  test('that may not be read delay nobody, and the statuses name the right; those that were seen serve on', async () => {
    const { restrictedKubeconfigPath: kubeconfig } = cluster.server;
    await cluster.apply(roleFor(false), boundTo('restricted'));
    const client = loadKubeClient({ kubeconfig });
    const operator = await linked(client);
    try {
      await untilIs('the status', 'PodsUnreadable BackendNotFound', told);
      const { message } = conditionOf(await cluster.find('HTTPRoute', 'default/r'), 'ResolvedRefs', { parent: 'gw' }) ?? {};
      expect(message).toContain(
        'XBackend default/x selects Pods, which cannot be read: the operator may not read pods in namespace default; grant it the verbs get, list and watch on them there.',
      );
      const problems = () => operator.link.problems.flatMap(({ kind, reason }) => (kind.kind === 'Pod' ? [reason] : []));
      expect(problems()).toEqual(['Forbidden']);
      await cluster.apply(roleFor(true));
      await untilIs('the status', 'Accepted ResolvedRefs', told);
      await untilIs('endpoints', 'xbackend/default/x/8080: 192.0.2.1', async () => served(operator));
      expect(problems()).toEqual([]);
      await cluster.apply(roleFor(false));
      await cluster.server.stopApiServer();
      await cluster.server.startApiServer();
      await untilIs('what is wrong', 'Forbidden', async () => problems().join());
      const noted = async (): Promise<boolean> =>
        JSON.stringify((await cluster.find('XBackend', 'default/x'))?.status).includes(
          'Its Pods are those that were seen last: the operator may not read pods',
        );
      await untilIs('the note', true, noted);
      expect([await told(), served(operator)]).toEqual(['Accepted ResolvedRefs', 'xbackend/default/x/8080: 192.0.2.1']);
    } finally {
      await operator.stop();
      await client.close();
    }
  });
});
