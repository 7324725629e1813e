import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKubeClient } from '../cluster/kube-client.ts';
import type { ResourceKind } from '../cluster/resource-kind.ts';
import { ClusterLink } from '../cluster-link.ts';
import { ControlPlane } from '../control-plane.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const controllerName = 'example.com/controller';
/** Of a cluster that is never asked. JSON is YAML. */
const KUBECONFIG = JSON.stringify({
  'current-context': 'none',
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  clusters: [{ name: 'none', cluster: { server: 'https://192.0.2.1' } }],
  users: [{ name: 'none', user: {} }],
});

/** The kinds that an operator follows, as one says that never starts. */
export async function followedKinds(): Promise<readonly ResourceKind[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kinds-'));
  try {
    const kubeconfig = join(folder, 'config');
    writeFileSync(kubeconfig, KUBECONFIG);
    const client = loadKubeClient({ kubeconfig });
    const controlPlane = new ControlPlane({ controllerName, logger: silent });
    const { kinds } = new ClusterLink({ client, controlPlane, controllerName, logger: silent }).operator;
    await Promise.all([controlPlane.close(), client.close()]);
    return kinds;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
