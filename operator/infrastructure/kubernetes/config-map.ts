import { sdsConfigMapData, sdsTokenConfigMapData, XDS_TOKEN_FILE } from '../../../translators/envoy/xds-secrets.ts';
import { type FleetContext, type Manifest, metaOf, proofOf } from './fleet-context.ts';

/** Where the proxy's certificate, or no more than the CA, is mounted (contract C.4). */
export const CERTIFICATE_FOLDER = '/certs';
export const CA_FILE = 'ca.crt';

/** How Envoy finds what it proves itself with; where no Secret of ours is, the CA too. */
export const configMap = (context: FleetContext): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metaOf(context),
  data: dataOf(context),
});

function dataOf({ infra, options: { trustedCa } }: FleetContext): Readonly<Record<string, string>> {
  if (proofOf(infra) === 'certificate') return sdsConfigMapData(CERTIFICATE_FOLDER);
  return { ...sdsTokenConfigMapData(CERTIFICATE_FOLDER, XDS_TOKEN_FILE), ...(trustedCa === undefined ? {} : { [CA_FILE]: trustedCa }) };
}
