import { sdsConfigMapData } from '../../../translators/envoy/xds-secrets.ts';
import { type FleetContext, type Manifest, metaOf } from './fleet-context.ts';

/** Where the Secret with the proxy's certificate is mounted (contract C.4). */
export const CERTIFICATE_FOLDER = '/certs';

/** How Envoy finds its certificates in the mounted Secret. */
export const configMap = (context: FleetContext): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metaOf(context),
  data: sdsConfigMapData(CERTIFICATE_FOLDER),
});
