import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROXY_KINDS } from '../../operator/infrastructure/kubernetes/proxy-kinds.ts';
import { PROXY_PODS } from '../../operator/infrastructure/kubernetes/proxy-owner.ts';
import type { StepReport } from '../../operator/standalone/binaries/step-report.ts';
import type { DeployMode } from '../../translators/settings.ts';
import { CONTROLLER } from '../harness/gateway-objects.ts';
import { type ManagedProcess, startProcess } from '../harness/managed-process.ts';
import { until } from '../harness/until.ts';
import type { ImageArchive } from '../images/archive.ts';
import { ensureImages } from '../images/image-archives.ts';
import type { KindCluster } from '../kind/cluster/kind-cluster.ts';
import { HOME, installGatewayApi, releaseIn } from '../kind/cluster/release.ts';
import type { AllocatorPlan } from './allocator-program.ts';
import { ensureSuiteImages } from './suite-images.ts';
import type { SuitePrograms } from './suite-programs.ts';

export const CLASS = 'gateway-conformance';

/** How many Gateways can have an address at once. */
const POOL_SIZE = 100;
/** TEST-NET-1 (RFC 5737): nobody's address. */
const UNUSABLE = '192.0.2.1';

/** What the suite needs of a cluster. */
export type SuiteCluster = Pick<KindCluster, 'apply' | 'kubectl' | 'inNode' | 'loadImages' | 'address'> & {
  /** What stands before a command that is to reach the cluster. */
  readonly enter: readonly string[];
};

/** A cluster in which the suite can run. */
export interface PreparedCluster {
  /** Path of a kubeconfig for programs that are run with `enter`. */
  readonly kubeconfig: string;
  /** An address that a Gateway may ask for, and one that it cannot get. */
  readonly usable: string;
  readonly unusable: string;
  readonly stop: () => Promise<void>;
}

export interface Preparation {
  readonly programs: SuitePrograms;
  /** For the kubeconfig. */
  readonly folder: string;
  /** Where the proxies are. */
  readonly deploy: DeployMode;
}

/** Brings Gatehouse, as this checkout is, and all that the suite needs into the cluster; what is there already is brought up to date. */
export async function prepareCluster(
  cluster: SuiteCluster,
  { programs, folder, deploy }: Preparation,
  report: StepReport,
): Promise<PreparedCluster> {
  const gatehouse = await ensureImages(report);
  const loaded = await loadMissing(cluster, [...Object.values(gatehouse), ...(await ensureSuiteImages(programs, report))], report);
  report.line('installing the Gateway API (experimental channel) and the chart gatehouse');
  await installGatewayApi(cluster, 'experimental');
  await mkdir(folder, { recursive: true });
  const kubeconfig = join(folder, 'kubeconfig-inside');
  const admin = await cluster.kubectl('config', 'view', '--raw');
  await writeFile(kubeconfig, admin.replace(/server: .*/, `server: https://${cluster.address}:6443`), { mode: 0o600 });
  const operator = ['--namespace', HOME, 'deployment/envoy-gateway'];
  const before = await configurationIn(cluster);
  await releaseIn({ kubeconfig, enter: cluster.enter }).upgrade({
    config: { envoyGateway: { provider: { kubernetes: { deploy: { type: deploy } } } } },
  });
  // Without the rights of the other mode the operator cannot take away what it has made in it (decision 25).
  if (deploy === 'ControllerNamespace') await removeProxiesOutside(cluster);
  // The tag of an image that was built anew is the old one, and a changed configuration reaches the pod a minute later.
  if (before !== '' && (loaded.includes(gatehouse.operator) || before !== (await configurationIn(cluster)))) {
    await cluster.kubectl('rollout', 'restart', ...operator);
    await cluster.kubectl('rollout', 'status', ...operator, '--timeout=120s');
  }
  await cluster.apply(...CLASS_AND_PROXIES);
  await until('the GatewayClass is accepted', async () =>
    (await cluster.kubectl('wait', '--for=condition=Accepted', `gatewayclass/${CLASS}`, '--timeout=30s')) ? true : undefined,
  );
  const [usable = '', ...pool] = await addAddresses(cluster);
  const allocator = await startAllocator(cluster, { kubeconfig, pool, reserved: [usable] });
  return {
    kubeconfig,
    usable,
    unusable: UNUSABLE,
    stop: async () => {
      await allocator.stop();
      await rm(kubeconfig, { force: true });
    },
  };
}

/** What the operator is told; empty: there is none. */
const configurationIn = ({ kubectl }: SuiteCluster): Promise<string> =>
  kubectl('get', '--namespace', HOME, 'configmap/envoy-gateway-config', '--ignore-not-found', '-o', 'jsonpath={.data}');

async function removeProxiesOutside({ kubectl }: SuiteCluster): Promise<void> {
  const kinds = PROXY_KINDS.map(({ plural, group }) => (group === '' ? plural : `${plural}.${group}`)).join();
  const found = await kubectl(
    'get',
    kinds,
    '-A',
    '-l',
    PROXY_PODS,
    '-o',
    'jsonpath={range .items[*]}{.kind} {.metadata.namespace} {.metadata.name}{"\\n"}{end}',
  );
  for (const line of found.split('\n')) {
    const [kind = '', namespace = '', name = ''] = line.split(' ');
    if (name !== '' && namespace !== HOME) await kubectl('delete', kind, '-n', namespace, name, '--wait=false');
  }
}

/** In the node: the images that it was given, a line each. */
const LOADED = '/kind/images-of-conformance';

/** Gives the node the images that it does not have; gives those. */
async function loadMissing(
  { inNode, loadImages }: SuiteCluster,
  images: readonly ImageArchive[],
  report: StepReport,
): Promise<readonly ImageArchive[]> {
  const lineOf = ({ name, id }: ImageArchive): string => `${name}@${id}`;
  const there = (await inNode('sh', '-c', `cat ${LOADED} 2>/dev/null || true`)).split('\n');
  const missing = images.filter((image) => !there.includes(lineOf(image)));
  if (missing.length === 0) return missing;
  report.line(`loading ${missing.length} images into the cluster`);
  await loadImages(missing.map(({ file }) => file));
  // The last of a name holds.
  const kept = there.filter((line) => line !== '' && !missing.some(({ name }) => line.startsWith(`${name}@`)));
  await inNode('sh', '-c', `printf '%s\\n' ${[...kept, ...missing.map(lineOf)].join(' ')} > ${LOADED}`);
  return missing;
}

/** Takes away what a suite that was broken off has left: all namespaces that are not the cluster's own or Gatehouse's. */
export async function removeRemains({ kubectl }: SuiteCluster, report: StepReport): Promise<void> {
  const names = (await kubectl('get', 'namespaces', '-o', 'jsonpath={.items[*].metadata.name}')).split(/\s+/);
  const left = names.filter((name) => name !== '' && name !== HOME && !/^(default|kube-.*|local-path-storage)$/.test(name));
  if (left.length === 0) return;
  report.line(`removing what a run that was broken off has left: ${left.join(', ')}`);
  await kubectl('delete', 'namespace', ...left, '--timeout=120s');
}

/** Proxies of which many fit on a small node, and that go as soon as their Gateway has gone. */
const CLASS_AND_PROXIES = [
  {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyProxy',
    metadata: { name: 'conformance', namespace: HOME },
    spec: {
      concurrency: 1,
      provider: {
        type: 'Kubernetes',
        kubernetes: { envoyDeployment: { container: { resources: { requests: { cpu: '5m', memory: '32Mi' } } } } },
      },
      shutdown: { drainTimeout: '1s', minDrainDuration: '1s' },
    },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: CLASS },
    spec: {
      controllerName: CONTROLLER,
      parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: 'conformance', namespace: HOME },
    },
  },
];

/** Gives the node the last addresses of its network too: whoever is in it reaches them without a route, and kube-proxy serves Services on them. */
async function addAddresses({ inNode, address }: SuiteCluster): Promise<readonly string[]> {
  const interfaces = JSON.parse(await inNode('ip', '-json', '-4', 'address', 'show')) as readonly NetworkInterface[]; // iproute2's own output
  const all = interfaces.flatMap(({ ifname, addr_info }) => addr_info.map(({ local, prefixlen }) => ({ ifname, local, prefixlen })));
  const own = all.find(({ local }) => local === address);
  if (own === undefined) throw new Error(`the node does not have its address ${address}`);
  const last = numberOf(address) | (2 ** (32 - own.prefixlen) - 1);
  const addresses = Array.from({ length: POOL_SIZE }, (_, i) => textOf(last - 1 - i));
  await inNode('sh', '-c', `for a in ${addresses.join(' ')}; do ip address replace $a/32 dev ${own.ifname}; done`);
  return addresses;
}

interface NetworkInterface {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

const numberOf = (address: string): number => address.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0);
const textOf = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** It ends with `stop`, and with this process. */
async function startAllocator({ enter }: SuiteCluster, plan: AllocatorPlan): Promise<ManagedProcess> {
  const program = join(import.meta.dirname, 'allocator-program.ts');
  const [command = '', ...args] = [...enter, process.execPath, '--disable-warning=ExperimentalWarning', program, JSON.stringify(plan)];
  return await startProcess({ name: 'the allocator of addresses', command, args });
}
