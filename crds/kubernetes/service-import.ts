/** ServiceImport: a Service that other clusters of a set export, as far as a gateway reads it (KEP-1645, Multi-Cluster Services API). */
import { kubernetesKind } from '../object-meta.ts';
import { anyObject, defaulted, int32, list, object, optional, type Static, text } from '../schema.ts';

export const MULTICLUSTER = 'multicluster.x-k8s.io';

/** The label that ties a slice to its ServiceImport. */
export const IMPORT_NAME_LABEL = 'multicluster.kubernetes.io/service-name';

const port = object(
  { name: optional(text()), port: int32(), protocol: defaulted(text(), 'TCP'), appProtocol: optional(text()) },
  { open: true },
);
export type ImportedPort = Static<typeof port>;

const spec = object({ ports: list(port) }, { open: true });

export const serviceImport = kubernetesKind('ServiceImport', `${MULTICLUSTER}/v1alpha1`, { spec, status: optional(anyObject()) });
export type ServiceImport = Static<typeof serviceImport>;
