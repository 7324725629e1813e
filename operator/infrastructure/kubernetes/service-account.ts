import type { InfraNode } from '../../../translators/ir/infra-node.ts';
import type { ProxyIdentity } from '../../tokens/token-authorization.ts';
import { type FleetContext, type Manifest, metaOf } from './fleet-context.ts';

export const serviceAccountName = ({ name, proxy }: InfraNode): string => proxy.provider?.kubernetes?.envoyServiceAccount?.name ?? name;

/**
 * As whom the proxies of a fleet come to the control plane.
 * @param home the namespace of those that have none of their own
 */
export const proxyIdentityOf = (infra: InfraNode, home: string): ProxyIdentity => ({
  namespace: infra.namespace ?? home,
  serviceAccount: serviceAccountName(infra),
});

/** Who the proxies are. They need nothing of the API server, so the token that it would take is not mounted. */
export const serviceAccount = (context: FleetContext): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: metaOf(context, { name: serviceAccountName(context.infra) }),
  automountServiceAccountToken: false,
});
