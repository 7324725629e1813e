import { stepReport } from '../../operator/standalone/binaries/step-report.ts';
import { ensureEnvoy } from '../../operator/standalone/envoy-binary.ts';
import { type Answer, ask, type Question } from './ask.ts';
import type { KubernetesServerOptions } from './kubernetes-server.ts';
import { type NetworkNamespace, startNetworkNamespace } from './network-namespace.ts';
import { type OperatorPlan, type OperatorProcess, startOperator } from './operator-process.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';
import { until } from './until.ts';

/** A real API server, operators on it, and a network of their own for their Envoys and the backends. */
export interface ServedCluster {
  readonly cluster: TestCluster;
  readonly network: NetworkNamespace;
  /** A program that runs Envoy in that network. */
  readonly envoy: string;
  /** Starts an operator; it ends with the cluster at the latest. */
  operate(plan?: Partial<OperatorPlan>): Promise<OperatorProcess>;
  get(asked: Question): Promise<Answer>;
  /** Asks until this is the status of the answer. */
  answers(asked: Question, status: number): Promise<Answer>;
  stop(): Promise<void>;
}

/** Ports of `network.address` on which an echo backend is. */
export const BACKEND_PORTS = [3000, 3001] as const;

export async function startServedCluster(options: KubernetesServerOptions = {}): Promise<ServedCluster> {
  await using started = new AsyncDisposableStack();
  const cluster = await startTestCluster(options);
  started.defer(() => cluster.stop());
  const network = await startNetworkNamespace(BACKEND_PORTS);
  started.defer(() => network.stop());
  const { path } = await ensureEnvoy(stepReport(process.stderr));
  const envoy = await network.program(path);
  const stack = started.move();
  const get = (asked: Question): Promise<Answer> => ask({ ...asked, connect: network.connect });
  return {
    cluster,
    network,
    envoy,
    get,
    operate: async (plan = {}) => {
      const operator = await startOperator({ kubeconfig: cluster.server.kubeconfigPath, envoy, ...plan });
      stack.defer(() => operator.close());
      return operator;
    },
    answers: (asked, status) =>
      until(`${asked.host}:${asked.port}${asked.path ?? '/'} answers ${status}`, async () => {
        const answer = await get(asked);
        if (answer.status === status) return answer;
        throw new Error(`it answers ${answer.status}`);
      }),
    stop: () => stack.disposeAsync(),
  };
}
