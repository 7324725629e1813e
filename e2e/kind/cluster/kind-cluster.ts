import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { type KubeClient, loadKubeClient } from '../../../operator/cluster/kube-client.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { until } from '../../harness/until.ts';
import { NODE_NETWORK } from '../assets/node-image.ts';
import { type Docker, startDocker } from './docker.ts';
import type { ForwardedPort } from './forwarded-port.ts';
import { kubeadmConfig, LONELY_DNS } from './kubeadm-config.ts';
import { IMAGES_IN_NODE, type NodeOfCluster, startNodeContainer } from './node-container.ts';
import { provideNodeImage } from './node-image-in-docker.ts';

const API_PORT = 6443;

/** A cluster of one node that is real in all parts: kubelet, scheduler, controllers, kube-proxy, DNS. */
export interface KindCluster {
  readonly docker: Docker;
  /** Of the node; also where ports of Services of the types NodePort and LoadBalancer are. */
  readonly address: string;
  /** A port of 127.0.0.1 that leads to this port of the node. */
  readonly reach: (port: number) => Promise<number>;
  /** Path of a kubeconfig for programs of this machine. */
  readonly kubeconfig: string;
  readonly client: KubeClient;
  /** Runs a command in the node and gives its output. Rejects where it fails, with all it said. */
  readonly inNode: (...command: readonly string[]) => Promise<string>;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  /** Server-side apply of YAML text, or of objects. */
  readonly apply: (...manifests: readonly (string | object)[]) => Promise<void>;
  /** Gives the node images from archives that lie in the folder the cluster was started with. */
  readonly loadImages: (archives: readonly string[]) => Promise<void>;
  /** Ends it and all that was started for it. */
  readonly stop: () => Promise<void>;
}

/** Starts a cluster that is Ready and has DNS; `images` is the folder from which images may be loaded. Takes half a minute where all is cached. */
export async function startKindCluster(images: string, report: StepReport): Promise<KindCluster> {
  const docker = await startDocker(report);
  const ends: (() => Promise<void>)[] = [docker.stop];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    const node = await startNodeContainer(docker, await provideNodeImage(docker, report), images);
    ends.push(node.stop);
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-kind-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    const address = node.container.getIpAddress('bridge');
    const commands = commandsOf(node);
    await initialize(node, address, commands);
    const reached = new Map<number, Promise<ForwardedPort>>();
    ends.push(async () => {
      for (const forwarded of reached.values()) await (await forwarded).close();
    });
    const reach = async (port: number): Promise<number> => (await getOrSet(reached, port, () => docker.forward(address, port))).port;
    const kubeconfig = join(folder, 'kubeconfig');
    const admin = await commands.inNode('cat', '/etc/kubernetes/admin.conf');
    await writeFile(kubeconfig, admin.replace(/server: .*/, `server: https://127.0.0.1:${await reach(API_PORT)}`), { mode: 0o600 });
    const client = loadKubeClient({ kubeconfig });
    ends.push(() => client.close());
    return { docker, address, reach, kubeconfig, client, ...commands, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function getOrSet<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

type Commands = Pick<KindCluster, 'inNode' | 'kubectl' | 'apply' | 'loadImages'>;

function commandsOf({ container }: NodeOfCluster): Commands {
  const inNode = async (...command: readonly string[]): Promise<string> => {
    const { exitCode, output, stdout } = await container.exec([...command]);
    if (exitCode !== 0) throw new Error(`\`${command.join(' ').slice(0, 200)}\` fails in the node:\n${output}`);
    return stdout;
  };
  const kubectl = (...args: readonly string[]): Promise<string> => inNode('kubectl', ...args);
  let applied = 0;
  return {
    inNode,
    kubectl,
    apply: async (...manifests) => {
      const content = manifests.map((manifest) => (typeof manifest === 'string' ? manifest : stringify(manifest))).join('\n---\n');
      applied += 1;
      const target = `/kind/applied-${applied}.yaml`;
      await container.copyContentToContainer([{ content, target }]);
      await kubectl('apply', '--server-side', '--force-conflicts', '--field-manager=test', '-f', target);
    },
    loadImages: async (archives) => {
      for (const archive of archives) {
        const file = join(IMAGES_IN_NODE, basename(archive));
        await inNode('ctr', '--namespace=k8s.io', 'images', 'import', '--local', file).catch(() =>
          inNode('ctr', '--namespace=k8s.io', 'images', 'import', file),
        );
      }
    },
  };
}

async function initialize({ container }: NodeOfCluster, address: string, { inNode, kubectl, apply }: Commands): Promise<void> {
  const config = '/kind/kubeadm.conf';
  await container.copyContentToContainer([
    { content: kubeadmConfig(address, (await inNode('cat', '/kind/version')).trim()), target: config },
    { content: await readFile(NODE_NETWORK, 'utf8'), target: '/etc/cni/net.d/10-node.conflist' },
  ]);
  // Its checks are for machines of their own.
  await inNode('kubeadm', 'init', '--skip-phases=preflight,show-join-command', `--config=${config}`, '--skip-token-print');
  await apply(...LONELY_DNS);
  const oneReplica = [
    { op: 'replace', path: '/spec/replicas', value: 1 },
    { op: 'add', path: '/spec/template/spec/containers/0/readinessProbe/periodSeconds', value: 1 },
  ];
  await kubectl('-n', 'kube-system', 'patch', 'deployment', 'coredns', '--type=json', '-p', JSON.stringify(oneReplica));
  await until('the default ServiceAccount is there', async () => (await kubectl('get', 'serviceaccount', 'default')) || undefined);
  await kubectl('wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=90s');
  await kubectl('-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=90s');
}
