import { CONTROLLER } from '../../e2e/harness/gateway-objects.ts';
import { startTestCluster, type TestCluster } from '../../e2e/harness/test-cluster.ts';
import { ClusterLink } from '../cluster-link.ts';
import { ControlPlane } from '../control-plane.ts';

/** A real API server with our kinds, and a control plane in this process that is linked to it. */
export interface LinkedCluster {
  readonly cluster: TestCluster;
  readonly controlPlane: ControlPlane;
  /** Reads and writes nothing before `start`. */
  readonly link: ClusterLink;
  /** Resolves when all is read that is there. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const quiet = (): undefined => undefined;
const logger = { info: quiet, warn: quiet, error: quiet, debug: quiet };

export async function startLinkedCluster(): Promise<LinkedCluster> {
  const cluster = await startTestCluster();
  await cluster.installCrds();
  const controlPlane = new ControlPlane({ controllerName: CONTROLLER, logger });
  const link = new ClusterLink({ client: cluster.client, controlPlane, controllerName: CONTROLLER, logger });
  const stopping = new AbortController();
  return {
    cluster,
    controlPlane,
    link,
    start: () => link.start(stopping.signal),
    stop: async () => {
      stopping.abort();
      await link.stop();
      await controlPlane.close();
      await cluster.stop();
    },
  };
}
