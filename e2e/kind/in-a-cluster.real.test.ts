import { jest } from '@jest/globals';
import { echoOf } from '../harness/ask.ts';
import { gateway, gatewayClassWith, httpRoute } from '../harness/gateway-objects.ts';
import { conditionOf } from '../harness/test-cluster.ts';
import type { TrafficReport } from '../harness/traffic.ts';
import { until } from '../harness/until.ts';
import { describeInCluster } from './cluster/describe-in-cluster.ts';
import { diagnose } from './cluster/diagnosis.ts';
import { figure } from './cluster/figures.ts';
import type { KindCluster } from './cluster/kind-cluster.ts';
import { type Pod, podsOf, residentMemory, secondsToReady, untilReady } from './cluster/pods.ts';
import { HOME } from './cluster/release.ts';
import { objectsOf } from './cluster/remains.ts';
import { HOST, startWorld, type World } from './cluster/world.ts';

jest.setTimeout(300_000);

const OPERATOR = 'control-plane=envoy-gateway';
const proxiesOf = (name: string): string => `app.kubernetes.io/component=proxy,gateway.envoyproxy.io/owning-gateway-name=${name}`;

/** The class `eg` and its proxies, as these tests set them up. */
const proxySettings = (replicas: number, annotations: Readonly<Record<string, string>> = {}) => [
  {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyProxy',
    metadata: { name: 'proxies', namespace: 'default' },
    spec: { provider: { type: 'Kubernetes', kubernetes: { envoyDeployment: { replicas, pod: { annotations } } } } },
  },
  gatewayClassWith('eg', 'proxies'),
];

/** Waits for the one proxy that is there when another one has gone. */
const successorOf = (old: Pod | undefined, cluster: KindCluster): Promise<Pod> =>
  until('the proxy is another one', async () => {
    const [pod] = await untilReady(cluster, HOME, proxiesOf('eg'), 1);
    return pod?.metadata.name === old?.metadata.name ? undefined : pod;
  });

/** One cluster for all: each test goes on from where the one before it ended. */
describeInCluster('Gatehouse in a cluster', () => {
  let world: World;
  let before: readonly string[];
  let broken = false;

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.stop());

  /** A test that tells what the cluster was like when it failed, and that does not begin where an earlier one failed. */
  const inOrder = (name: string, body: (world: World) => Promise<void>): void =>
    test(name, async () => {
      if (broken) throw new Error('an earlier step failed, and this one goes on from there');
      try {
        await body(world);
      } catch (error) {
        broken = true;
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${await diagnose(world.cluster)}`, { cause: error });
      }
    });
  const allAnswered = ({ requests, failures }: TrafficReport, what: string): void => {
    figure(`requests while ${what}`, requests);
    expect(failures).toEqual([]);
  };

  inOrder('from the installation to the first answer of the quickstart', async ({ cluster, release, quickstart, answers }) => {
    before = await objectsOf(cluster);
    const began = Date.now();
    const installed = release.install();
    await quickstart();
    const answer = await answers(80, 200);
    figure('helm install to the first 200, ms', Date.now() - began);
    await installed;
    expect(echoOf(answer)).toMatchObject({ path: '/get', host: HOST });
  });

  inOrder('the Gateway says where it is, and that it is programmed', async ({ cluster, read }) => {
    const programmed = await until('eg is programmed', async () => {
      const object = await read('Gateway', 'default/eg');
      return conditionOf(object, 'Programmed')?.status === 'True' ? object : undefined;
    });
    expect(programmed.status).toMatchObject({ addresses: [{ type: 'IPAddress', value: cluster.address }] });
    for (const pod of await untilReady(cluster, HOME, OPERATOR, 1)) figure('operator, start to ready, s', secondsToReady(pod));
    figure('RSS of the operator, MB', await residentMemory(cluster, 'gatehouse operator'));
    figure('RSS of the shutdown manager, MB', await residentMemory(cluster, 'gatehouse envoy shutdown-manager'));
    figure('RSS of Envoy, MB', await residentMemory(cluster, 'envoy --service-cluster'));
  });

  inOrder('two Gateways of two classes have proxies and routes of their own', async ({ cluster, get, answers }) => {
    const nodePort = { name: 'by-node-port', namespace: 'default' };
    await cluster.apply(
      {
        apiVersion: 'gateway.envoyproxy.io/v1alpha1',
        kind: 'EnvoyProxy',
        metadata: nodePort,
        spec: {
          provider: {
            type: 'Kubernetes',
            kubernetes: {
              envoyService: {
                type: 'NodePort',
                patch: { value: { spec: { ports: [{ port: 8080, protocol: 'TCP', nodePort: 30_080 }] } } },
              },
            },
          },
        },
      },
      gatewayClassWith('other', nodePort.name),
      gateway('second', [{ port: 8080 }], 'other'),
      httpRoute('second', { host: 'second.example.com', gateway: 'second', rule: { backendRefs: [{ name: 'backend', port: 3000 }] } }),
    );
    await answers(30_080, 200, 'second.example.com');
    expect([(await get(80, 'second.example.com')).status, (await get(30_080, HOST)).status]).toEqual([404, 404]);
    expect(await podsOf(cluster, HOME, proxiesOf('second'))).toHaveLength(1);
    await cluster.kubectl('delete', 'gateway/second', 'httproute/second', 'gatewayclass/other', 'envoyproxy/by-node-port');
    await until(
      'nothing is left of the second Gateway',
      async () =>
        (await cluster.kubectl(
          'get',
          'all,configmaps,serviceaccounts',
          '-n',
          HOME,
          '-l',
          'gateway.envoyproxy.io/owning-gateway-name=second',
          '-o',
          'name',
        )) === '' || undefined,
      { limit: 90_000 },
    );
  });

  inOrder('proxies are scaled out and in under load', async ({ cluster, underLoad }) => {
    const report = await underLoad(async (flow) => {
      await cluster.apply(...proxySettings(2));
      await untilReady(cluster, HOME, proxiesOf('eg'), 2);
      await flow.more(500);
      await cluster.apply(...proxySettings(1));
      await untilReady(cluster, HOME, proxiesOf('eg'), 1);
      await flow.more(500);
    });
    allAnswered(report, 'proxies are scaled out and in');
  });

  inOrder('backends are scaled out and in under load, and all of them answer', async ({ cluster, underLoad }) => {
    const report = await underLoad(async (flow) => {
      await cluster.kubectl('scale', 'deployment/backend', '--replicas=3');
      await untilReady(cluster, 'default', 'app=backend', 3);
      await flow.more(500);
      await cluster.kubectl('scale', 'deployment/backend', '--replicas=1');
      await untilReady(cluster, 'default', 'app=backend', 1);
      await flow.more(500);
    });
    allAnswered(report, 'backends are scaled out and in');
    expect(report.pods.size).toBe(3);
  });

  inOrder('a rolling update of the proxies fails no request', async ({ cluster, underLoad }) => {
    const [old] = await podsOf(cluster, HOME, proxiesOf('eg'));
    const report = await underLoad(async (flow) => {
      await cluster.apply(...proxySettings(1, { 'example.com/rolled': 'once' }));
      const fresh = await successorOf(old, cluster);
      expect(fresh?.metadata.annotations).toMatchObject({ 'example.com/rolled': 'once' });
      await flow.more(500);
    });
    allAnswered(report, 'proxies are replaced');
  });

  inOrder('a rolling update of the operator fails no request, and changes go on', async ({ cluster, underLoad, change }) => {
    const report = await underLoad(async (flow) => {
      await cluster.kubectl('rollout', 'restart', '-n', HOME, 'deployment/envoy-gateway');
      await change('while-it-rolls');
      await cluster.kubectl('rollout', 'status', '-n', HOME, 'deployment/envoy-gateway', '--timeout=120s');
      await change('after-it-rolled');
      await flow.more(500);
    });
    allAnswered(report, 'the operator is replaced');
  });

  inOrder('an operator that is killed comes back and goes on', async ({ cluster, underLoad, change }) => {
    const report = await underLoad(async (flow) => {
      await cluster.inNode('pkill', '-KILL', '-f', 'gatehouse operator');
      await flow.more(500);
      await change('after-the-kill');
    });
    allAnswered(report, 'the operator is killed');
    await cluster.kubectl('delete', 'pod', '-n', HOME, '-l', OPERATOR, '--grace-period=0', '--force');
    await change('after-its-pod-is-gone');
    await untilReady(cluster, HOME, OPERATOR, 1);
  });

  inOrder('a proxy that is killed comes back with all its routes', async ({ cluster, answers, change }) => {
    await cluster.inNode('pkill', '-KILL', '-f', 'envoy --service-cluster');
    await untilReady(cluster, HOME, proxiesOf('eg'), 1);
    await answers(80, 200);
    const [old] = await podsOf(cluster, HOME, proxiesOf('eg'));
    await cluster.kubectl('delete', 'pod', '-n', HOME, '-l', proxiesOf('eg'), '--grace-period=0', '--force');
    // The containers of a pod that is deleted by force live on for a moment and answer, until nothing does.
    await successorOf(old, cluster);
    await answers(80, 200);
    await change('after-both');
  });

  inOrder(
    'certificates are rotated under load, and no proxy is started anew for it',
    async ({ cluster, release, read, underLoad, change }) => {
      const authority = async (): Promise<unknown> =>
        ((await read('Secret', `${HOME}/envoy`)) as { data?: Record<string, string> }).data?.['ca.crt']; // boundary: a Secret
      const names = async (): Promise<readonly string[]> =>
        (await podsOf(cluster, HOME, proxiesOf('eg'))).map(({ metadata }) => metadata.name);
      const [old, proxies] = [await authority(), await names()];
      const report = await underLoad(async (flow) => {
        // Files reach pods within 5 seconds here, see the kubelet's configuration.
        await release.upgrade({ certgen: { job: { args: ['--overwrite', '--settle-time=20s'] } } });
        await change('after-the-rotation');
        // Connections that are there outlive a rotation; after this, what each side has loaded is shown and judged.
        await cluster.kubectl('rollout', 'restart', '-n', HOME, 'deployment/envoy-gateway');
        await cluster.kubectl('rollout', 'status', '-n', HOME, 'deployment/envoy-gateway', '--timeout=120s');
        await change('by-new-certificates');
        await flow.more(500);
      });
      allAnswered(report, 'certificates are rotated');
      expect(await authority()).not.toEqual(old);
      expect(await names()).toEqual(proxies);
      expect(
        (await podsOf(cluster, HOME, proxiesOf('eg'))).flatMap(({ status }) => status.containerStatuses?.map((of) => of.restartCount)),
      ).toEqual([0, 0]);
    },
  );

  inOrder(
    'the upgrade of the chart, to two replicas of another image, fails no request',
    async ({ cluster, release, images, underLoad, change }) => {
      const next = images.operator.name.replace(/:.*$/, ':next');
      await cluster.inNode('ctr', '--namespace=k8s.io', 'images', 'tag', images.operator.name, next);
      const report = await underLoad(async (flow) => {
        await release.upgrade({ global: { images: { envoyGateway: { image: next } } }, deployment: { replicas: 2 } });
        await change('after-the-upgrade');
        await flow.more(500);
      });
      allAnswered(report, 'the chart is upgraded');
      const pods = await untilReady(cluster, HOME, OPERATOR, 2);
      expect(pods.map(({ spec }) => spec.containers[0]?.image)).toEqual([next, next]);
    },
  );

  inOrder('the uninstallation leaves nothing', async ({ cluster, release }) => {
    await release.uninstall();
    await cluster.kubectl('delete', 'gateway,httproute,gatewayclass,envoyproxy', '--all');
    await cluster.kubectl('delete', 'deployment,service', '--field-selector=metadata.name=backend');
    await cluster.kubectl('delete', 'namespace', HOME);
    // Helm keeps what a chart has in `crds/`; the API server adds an APIService for each group of it.
    const kept = (line: string): boolean =>
      /^(CustomResourceDefinition <none> \w+|APIService <none> v1alpha1)\.gateway\.envoyproxy\.io$/.test(line);
    await until(
      'all is as before',
      async () => {
        const left = (await objectsOf(cluster)).filter((line) => !before.includes(line) && !kept(line));
        if (left.length > 0) throw new Error(left.join(', '));
        return true;
      },
      { limit: 90_000, interval: 1000 },
    );
  });
});
