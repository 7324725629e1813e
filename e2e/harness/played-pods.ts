import { join } from 'node:path';
import { Agent, request } from 'undici';
import type { KubeClient } from '../../operator/cluster/kube-client.ts';
import { objectPath } from '../../operator/cluster/resource-kind.ts';
import type { KubernetesServer } from './kubernetes-server.ts';
import { type ManagedProcess, startProcess } from './managed-process.ts';
import type { NetworkNamespace } from './network-namespace.ts';
import { resourceKind, type TestCluster } from './test-cluster.ts';
import { until } from './until.ts';

/** What a kubelet says of a Pod. */
export interface PodState {
  readonly address?: string;
  readonly ready?: boolean;
  readonly phase?: 'Running' | 'Succeeded' | 'Failed';
}

const POD = resourceKind('Pod');

/** Pods of a cluster without kubelets: tests say what becomes of them. All are bound to a node, so that they end as they do in real clusters. */
export class PlayedPods {
  readonly #client: KubeClient;
  readonly #server: KubernetesServer;
  readonly #namespace: string;

  constructor({ client, server }: TestCluster, namespace = 'default') {
    this.#client = client;
    this.#server = server;
    this.#namespace = namespace;
  }

  async create(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const spec = { nodeName: 'n1', containers: [{ name: 'c', image: 'echo' }] };
    await this.#client.create(POD, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: this.#namespace, name, labels }, spec });
  }

  /** With an address and ready, where it is not said otherwise. */
  async runs(name: string, { address, ready = true, phase = 'Running' }: PodState): Promise<void> {
    const body = {
      status: {
        phase,
        ...(address === undefined ? {} : { podIP: address, podIPs: [{ ip: address }] }),
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      },
    };
    await this.#client.patch(POD, this.#key(name), { type: 'merge', body }, { subresource: 'status' });
  }

  /** A label is taken away by null. */
  async label(name: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
    await this.#client.patch(POD, this.#key(name), { type: 'merge', body: { metadata: { labels } } });
  }

  /** It is asked to end, and does so at `gone`. */
  async ends(name: string): Promise<void> {
    await this.#client.delete(POD, this.#key(name));
  }

  async gone(name: string): Promise<void> {
    const { url, ca, token } = this.#server;
    const dispatcher = new Agent({ connect: { ca } });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 });
    const answer = await request(`${url}${objectPath(POD, this.#key(name))}`, { method: 'DELETE', headers, body, dispatcher });
    await answer.body.dump();
    await dispatcher.close();
    if (answer.statusCode !== 200) throw new Error(`Pod ${name} cannot be deleted: ${answer.statusCode}`);
  }

  #key(name: string): string {
    return `${this.#namespace}/${name}`;
  }
}

/** Adds these addresses to the network, with an echo backend on each. */
export async function startPodBackends(network: NetworkNamespace, port: number, addresses: readonly string[]): Promise<ManagedProcess> {
  const [command, ...entering] = network.enter;
  const added = addresses.map((address) => `ip address add ${address}/32 dev lo`).join(' && ');
  const host = [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'pods-host.ts')];
  const backends = await startProcess({
    name: 'pods',
    command,
    args: [...entering, 'sh', '-c', `${added} && exec "$@"`, 'sh', ...host, String(port), ...addresses],
  });
  await until('the backends listen', async () => {
    if (!backends.isRunning()) throw new Error(backends.logs());
    return backends.logs().includes('ready\n') || undefined;
  });
  return backends;
}
