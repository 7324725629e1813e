/** ClusterTrustBundle: CA certificates for everybody in a cluster (KEP-3257, in v1 since Kubernetes 1.37). It is in no namespace. */
import { kubernetesKind, objectMetaOfAnyName } from '../object-meta.ts';
import { object, optional, type Static, text } from '../schema.ts';

export const CERTIFICATES = 'certificates.k8s.io';

/** `trustBundle` is PEM. The name begins with that of the signer, where there is one: `example.com:signer:v1`. */
const spec = object({ signerName: optional(text()), trustBundle: text() }, { open: true });

export const clusterTrustBundle = kubernetesKind('ClusterTrustBundle', `${CERTIFICATES}/v1`, { spec }, { metadata: objectMetaOfAnyName });
export type ClusterTrustBundle = Static<typeof clusterTrustBundle>;
