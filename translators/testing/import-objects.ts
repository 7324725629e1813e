/** ServiceImports, and what routes and slices are that belong to one. */

import type { EndpointSlice } from '../../crds/kubernetes/endpoint-slice.ts';
import { IMPORT_NAME_LABEL, MULTICLUSTER, type ServiceImport } from '../../crds/kubernetes/service-import.ts';
import { endpointSlice, named, type Rule, rule } from './objects.ts';

/** With port 8080. */
export const serviceImport = (key: string, appProtocol?: string): ServiceImport => ({
  apiVersion: `${MULTICLUSTER}/v1alpha1`,
  kind: 'ServiceImport',
  metadata: named(key),
  spec: { ports: [{ name: 'p8080', port: 8080, protocol: 'TCP', ...(appProtocol === undefined ? {} : { appProtocol }) }] },
});

/** One slice of a ServiceImport of the same namespace. */
export const importedSlice = (key: string, importName: string, address: string): EndpointSlice => ({
  ...endpointSlice(key, importName, [address]),
  metadata: named(key, { labels: { [IMPORT_NAME_LABEL]: importName } }),
});

/** A rule that sends all requests to port 8080 of a ServiceImport. */
export function importedRule(key: string, path: string): Rule {
  const { namespace, name } = named(key);
  return {
    ...rule({ path }),
    backendRefs: [
      { group: MULTICLUSTER, kind: 'ServiceImport', name, port: 8080, weight: 1, ...(namespace === undefined ? {} : { namespace }) },
    ],
  };
}
