import type { KindCluster } from './kind-cluster.ts';
import { HOME } from './release.ts';

/** What a person would look at first when something in a cluster is not as it should be. */
export async function diagnose({ kubectl }: KindCluster): Promise<string> {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['pods', ['get', 'pods', '--all-namespaces', '-o', 'wide']],
    ['gateways and routes', ['get', 'gateways,httproutes,tlsroutes,tcproutes,udproutes', '--all-namespaces']],
    ['events', ['get', 'events', '--all-namespaces', '--sort-by=.lastTimestamp']],
    ['control plane', ['logs', '--namespace', HOME, '--selector=control-plane=envoy-gateway', '--tail=40', '--prefix']],
    ['proxies', ['logs', '--namespace', HOME, '--selector=app.kubernetes.io/component=proxy', '--all-containers', '--tail=15', '--prefix']],
  ];
  const told: string[] = [];
  for (const [title, args] of parts) {
    const text = await kubectl(...args).catch(String);
    told.push(`--- ${title}\n${text.trimEnd().split('\n').slice(-40).join('\n')}`);
  }
  return told.join('\n');
}
