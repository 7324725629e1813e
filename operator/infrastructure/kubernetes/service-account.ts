import { type FleetContext, type Manifest, metaOf } from './fleet-context.ts';

export const serviceAccountName = ({ infra, kubernetes }: FleetContext): string => kubernetes.envoyServiceAccount?.name ?? infra.name;

/** Who the proxies are. They need nothing of the API server, so nothing of this account is mounted. */
export const serviceAccount = (context: FleetContext): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: metaOf(context, { name: serviceAccountName(context) }),
  automountServiceAccountToken: false,
});
