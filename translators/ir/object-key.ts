import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { ObjectRef } from './object-ref.ts';

const CONTRACT_PREFIX = 'gateway.envoyproxy.io/';

/** `<namespace>/<name>`, or `<name>` of a cluster-scoped object: the key of an object in its collection. */
export const objectKey = (object: KubernetesObject): string =>
  object.metadata.namespace === undefined ? object.metadata.name : `${object.metadata.namespace}/${object.metadata.name}`;

/** Namespace and name of a namespaced object's key. */
export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, Math.max(slash, 0)), name: key.slice(slash + 1) };
}

/** What Envoy metadata says of an object: never a generation, of the annotations only those of the contract (D.5). */
export function refOf(object: KubernetesObject, sectionName?: string): ObjectRef {
  const annotations = contractAnnotations(object.metadata.annotations ?? {});
  return {
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    ...(sectionName === undefined ? {} : { sectionName }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function contractAnnotations(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  const own = Object.entries(all)
    .filter(([name]) => name.startsWith(CONTRACT_PREFIX))
    .map(([name, value]) => [name.slice(CONTRACT_PREFIX.length), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}
