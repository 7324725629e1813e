import { durationMs } from '../translators/gateway-api/duration.ts';
import type { KubeClient } from './cluster/kube-client.ts';
import type { ClusterLink } from './cluster-link.ts';
import { clusterSettingsOf, type Section } from './configuration-change.ts';
import type { ControlPlane } from './control-plane.ts';
import { controllerNamespace } from './controller-namespace.ts';
import type { Apply } from './reconfiguration.ts';
import { watchScopeOf } from './watch-scope.ts';

export interface ClusterParts {
  readonly client: KubeClient;
  readonly controlPlane: ControlPlane;
  readonly link: ClusterLink;
}

/** How what follows the cluster takes a new configuration while it runs. */
export const clusterSections = ({ client, controlPlane, link }: ClusterParts) =>
  ({
    envoyProxy: ({ envoyProxy }) => controlPlane.proxyDefaults(envoyProxy),
    watch: (next) => link.operator.rescope(watchScopeOf(clusterSettingsOf(next).watch, controllerNamespace())),
    client: (next) => client.limit(clusterSettingsOf(next).client?.rateLimit),
    cacheSyncPeriod: (next) => {
      const { cacheSyncPeriod } = clusterSettingsOf(next);
      link.resyncEvery(cacheSyncPeriod === undefined ? undefined : durationMs(cacheSyncPeriod));
    },
  }) satisfies Partial<Record<Section, Apply>>;
