/**
 * How long a change takes from the API server to Envoy's answer, with a real API server and a real Envoy: `make bench-propagation`.
 * PATCHes one HTTPRoute of N on one listener and asks Envoy until it answers anew. Beside it, from the same changes, Envoy's own share:
 * from the sending of the route configuration to its ACK. Then as many changes again, of each of which that share is read by itself, so that
 * what is ours is known change by change and not only as a difference of quantiles. Reading costs the controller time, hence apart.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { Client, type Dispatcher } from 'undici';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { freePort } from '../harness/free-port.ts';
import { gatewayClassWith } from '../harness/gateway-objects.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import { resourceKind, startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';
import { bundleProgram } from '../images/bundle.ts';
import { ackShare, type Observed, parseHistogram, parseObserved } from './ack-histogram.ts';
import { type ProcessUse, processUse } from './process-use.ts';

const SIZES = (process.env['BENCH_SIZES'] ?? '100,1000,5000,10000').split(',').map(Number);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? '100');
const WARM_UP = 5;
const HOSTS = 50;
const CREATIONS_AT_ONCE = 50;
const ACKS = 'gatehouse_xds_ack_seconds';
const OF_ROUTES = 'type="routeConfiguration"';

interface Figures {
  readonly routes: number;
  /** Milliseconds, from the PATCH's being sent until Envoy answered anew. */
  readonly totalP50: number;
  readonly totalP99: number;
  /** The same from the PATCH's answer on: without the API server's writing. */
  readonly afterPatchP50: number;
  readonly afterPatchP99: number;
  /** Sending of the route configuration -> ACK. */
  readonly envoyP50: number;
  readonly envoyP99: number;
  /** Total without the share of Envoy, of each change by itself; and of how many it is known. */
  readonly ownP50: number;
  readonly ownP99: number;
  readonly ownOf: number;
  readonly controllerCpuMsPerChange: number;
  readonly controllerRssMb: number;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const route = (i: number, revision: string): KubernetesObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: `r${i}`, namespace: 'default' },
  spec: {
    parentRefs: [{ name: 'bench' }],
    hostnames: [`h${i % HOSTS}.example.com`],
    rules: [{ matches: [{ path: { type: 'PathPrefix', value: `/r${i}` } }], filters: [redirectTo(revision)] }],
  },
});
const redirectTo = (revision: string): object => ({ type: 'RequestRedirect', requestRedirect: { hostname: `${revision}.example.org` } });

async function grow(cluster: TestCluster, from: number, to: number): Promise<void> {
  const kind = resourceKind('HTTPRoute');
  let next = from;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < to; i = next++) {
      await cluster.client.create(kind, route(i, 'v0'));
      if ((i + 1) % 1000 === 0) say(`  created ${i + 1} of ${to} routes`);
    }
  };
  await Promise.all(Array.from({ length: CREATIONS_AT_ONCE }, worker));
}

/** Where Envoy sends requests for a route; undefined while it does not know it. */
async function locationOf(envoy: Client, i: number): Promise<string | undefined> {
  const options: Dispatcher.RequestOptions = { path: `/r${i}`, method: 'GET', headers: { host: `h${i % HOSTS}.example.com` } };
  const { headers, body } = await envoy.request(options);
  await body.dump();
  return typeof headers['location'] === 'string' ? headers['location'] : undefined;
}

interface Round {
  readonly total: number;
  readonly afterPatch: number;
}

async function change(cluster: TestCluster, envoy: Client, i: number, revision: string): Promise<Round> {
  const sent = performance.now();
  let answered = sent;
  const { spec } = route(i, revision);
  const patched = cluster.client.patch(resourceKind('HTTPRoute'), `default/r${i}`, { type: 'merge', body: { spec } }).then(() => {
    answered = performance.now();
  });
  while (!(await locationOf(envoy, i))?.includes(`//${revision}.example.org`)) {
    // A breath between two questions: the proxy and the controller share the cores with whoever asks.
    await pause(1);
    if (performance.now() - sent > 60_000) throw new Error(`route r${i} did not change within a minute`);
  }
  const seen = performance.now();
  await patched;
  return { total: seen - sent, afterPatch: Math.max(0, seen - answered) };
}

async function measure(cluster: TestCluster, operator: OperatorProcess, envoy: Client, routes: number): Promise<Figures> {
  const rounds: Round[] = [];
  const pick = (round: number): number => (round * 7919) % routes;
  for (let round = 0; round < WARM_UP; round++) await change(cluster, envoy, pick(round), `w${routes}-${round}`);
  await pause(1000);
  const before = await snapshot(operator);
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(await change(cluster, envoy, pick(round + WARM_UP), `m${routes}-${round}`));
    await pause(50);
  }
  await pause(500);
  const after = await snapshot(operator);
  const share = ackShare(before.acks, after.acks);
  const of = (key: keyof Round, share: number): number =>
    quantile(
      rounds.map((round) => round[key]),
      share,
    );
  const own = await measureOwn(cluster, operator, envoy, routes);
  return {
    routes,
    totalP50: of('total', 0.5),
    totalP99: of('total', 0.99),
    afterPatchP50: of('afterPatch', 0.5),
    afterPatchP99: of('afterPatch', 0.99),
    envoyP50: share(0.5) * 1000,
    envoyP99: share(0.99) * 1000,
    ownP50: quantile(own, 0.5),
    ownP99: quantile(own, 0.99),
    ownOf: own.length,
    controllerCpuMsPerChange: (after.use.cpuMs - before.use.cpuMs) / ROUNDS,
    controllerRssMb: after.use.rssMb,
  };
}

/** Milliseconds of each change that were not Envoy's. A change that led to more than one route configuration is left out: its share is not known. */
async function measureOwn(cluster: TestCluster, operator: OperatorProcess, envoy: Client, routes: number): Promise<readonly number[]> {
  const own: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await observedAcks(operator);
    await pause(50);
    const { total } = await change(cluster, envoy, (round * 7919) % routes, `o${routes}-${round}`);
    const after = await until('the ACK is counted', async () => {
      const now = await observedAcks(operator);
      return now.count > before.count ? now : undefined;
    });
    if (after.count === before.count + 1) own.push(total - (after.sum - before.sum) * 1000);
  }
  return own;
}

const observedAcks = async (operator: OperatorProcess): Promise<Observed> =>
  parseObserved((await operator.read('metrics', '/metrics')).body, ACKS, OF_ROUTES);

interface Snapshot {
  readonly acks: ReturnType<typeof parseHistogram>;
  readonly use: ProcessUse;
}

async function snapshot(operator: OperatorProcess): Promise<Snapshot> {
  const use = useOf(operator);
  const { body } = await operator.read('metrics', '/metrics');
  return { acks: parseHistogram(body, ACKS, OF_ROUTES), use };
}

/** Statuses of new routes are written for a while after they are served. */
async function untilQuiet(operator: OperatorProcess): Promise<void> {
  say('  waiting until the controller has written all statuses');
  await until(
    'the controller is quiet',
    async () => {
      const before = useOf(operator);
      await pause(2000);
      return useOf(operator).cpuMs - before.cpuMs < 200 ? true : undefined;
    },
    { limit: 300_000 },
  );
}

const useOf = (operator: OperatorProcess): ProcessUse =>
  processUse(readFileSync(`/proc/${operator.pid}/stat`, 'utf8'), readFileSync(`/proc/${operator.pid}/status`, 'utf8'));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function report(figures: readonly Figures[]): void {
  const rows = figures.map((each) => ({
    routes: each.routes,
    'PATCH -> visible p50 ms': each.totalP50.toFixed(1),
    p99: each.totalP99.toFixed(1),
    'push -> ACK p50 ms': each.envoyP50.toFixed(1),
    'difference of p50 ms': (each.totalP50 - each.envoyP50).toFixed(1),
    'without Envoy p50 ms': each.ownP50.toFixed(1),
    'its p99': each.ownP99.toFixed(1),
    'CPU ms a change': each.controllerCpuMsPerChange.toFixed(1),
    'RSS MB': each.controllerRssMb.toFixed(0),
  }));
  console.table(rows);
  mkdirSync('build/bench', { recursive: true });
  const machine = { cores: availableParallelism(), memoryGb: Math.round(totalmem() / 2 ** 30) };
  writeFileSync('build/bench/propagation.json', `${JSON.stringify({ machine, rounds: ROUNDS, figures }, null, 2)}\n`);
}

async function main(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  say('Starting etcd and kube-apiserver');
  const cluster = await startTestCluster({ apiServerFlags: ['--enable-priority-and-fairness=false'] });
  stack.defer(() => cluster.stop());
  await cluster.installCrds();
  const port = await freePort();
  const listeners = [{ name: 'http', protocol: 'HTTP', port }];
  await cluster.apply(
    // What the questions to Envoy cost is no work of a controller that has its proxies elsewhere.
    {
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'EnvoyProxy',
      metadata: { name: 'bench', namespace: 'default' },
      spec: { telemetry: { accessLog: { disable: true } } },
    },
    gatewayClassWith('bench', 'bench'),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'bench', namespace: 'default' },
      spec: { gatewayClassName: 'bench', listeners },
    },
  );
  say('Bundling the operator as its image has it');
  const { folder } = await bundleProgram('build/bench/dist');
  const operator = await startOperator({
    kubeconfig: cluster.server.kubeconfigPath,
    command: [process.execPath, '--max-semi-space-size=8', join(folder, 'main.js')],
    env: { NODE_OPTIONS: process.env['BENCH_NODE_OPTIONS'] ?? '' },
  });
  stack.defer(() => operator.close());
  await operator.ready();
  const envoy = new Client(`http://127.0.0.1:${port}`);
  stack.defer(() => envoy.close());
  const figures: Figures[] = [];
  let created = 0;
  for (const routes of SIZES) {
    say(`${routes} routes`);
    await grow(cluster, created, routes);
    created = routes;
    await until('Envoy knows the last route', async () => ((await locationOf(envoy, routes - 1)) === undefined ? undefined : true), {
      limit: 300_000,
    });
    await untilQuiet(operator);
    figures.push(await measure(cluster, operator, envoy, routes));
    report(figures);
  }
}

await main();
