import { basename, dirname } from 'node:path/posix';
import { XDS_TOKEN_FILE } from '../../../translators/envoy/xds-secrets.ts';
import { CA_FILE, CERTIFICATE_FOLDER } from './config-map.ts';
import { SDS_FOLDER } from './fleet-bootstrap.ts';
import { type FleetContext, proofOf, tokenAudience } from './fleet-context.ts';
import { SHUTDOWN_VOLUME } from './shutdown-manager-container.ts';

const NAMES = { certificates: 'certs', sds: 'sds', temporary: 'tmp', token: 'sa-token' } as const;

/** The Secret of the contract that has the proxies' certificate (C.8). */
const CERTIFICATE_SECRET = 'envoy';
/** The kubelet writes a new token when four fifths of it are over (contract C.4). */
const TOKEN_SECONDS = 3600;

/** What of a pod's volumes the proxy sees, and where. */
export const mountsOf = ({ infra }: FleetContext) => [
  { name: NAMES.certificates, mountPath: CERTIFICATE_FOLDER, readOnly: true },
  { name: NAMES.sds, mountPath: SDS_FOLDER, readOnly: true },
  ...(proofOf(infra) === 'token' ? [{ name: NAMES.token, mountPath: dirname(XDS_TOKEN_FILE), readOnly: true }] : []),
  { name: NAMES.temporary, mountPath: '/tmp' },
];

export const volumesOf = (context: FleetContext) => [
  ...proofVolumes(context),
  { name: NAMES.sds, configMap: { name: context.infra.name } },
  { name: NAMES.temporary, emptyDir: {} },
  { name: SHUTDOWN_VOLUME, emptyDir: {} },
];

function proofVolumes({ infra, options }: FleetContext): readonly Readonly<Record<string, unknown>>[] {
  if (proofOf(infra) === 'certificate') return [{ name: NAMES.certificates, secret: { secretName: CERTIFICATE_SECRET } }];
  const serviceAccountToken = { path: basename(XDS_TOKEN_FILE), audience: tokenAudience(options), expirationSeconds: TOKEN_SECONDS };
  return [
    { name: NAMES.certificates, configMap: { name: infra.name, items: [{ key: CA_FILE, path: CA_FILE }] } },
    { name: NAMES.token, projected: { sources: [{ serviceAccountToken }] } },
  ];
}
