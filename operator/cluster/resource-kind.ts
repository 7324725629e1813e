/** A kind of object as the API server serves it. */
export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The name in URLs: lower case, plural. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** `<namespace>/<name>`; a kind without namespaces: `<name>`. */
export type ObjectKey = string;

/** The key of an object from its metadata. */
export const keyOf = (metadata: { readonly namespace?: string; readonly name: string }): ObjectKey =>
  metadata.namespace === undefined || metadata.namespace === '' ? metadata.name : `${metadata.namespace}/${metadata.name}`;

/** The metadata that belongs to a key. */
export const nameOf = (key: ObjectKey): { readonly namespace?: string; readonly name: string } => {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};

/** What tells an object, in the fields of a log entry. */
export const logFields = ({ kind }: { readonly kind: string }, key: ObjectKey): object => ({ kind, ...nameOf(key) });

export const apiVersionOf = (kind: ResourceKind): string => (kind.group === '' ? kind.version : `${kind.group}/${kind.version}`);

/** `httproutes.gateway.networking.k8s.io`: the name of a CustomResourceDefinition, and what RBAC messages call a resource. */
export const resourceName = (kind: Pick<ResourceKind, 'group' | 'plural'>): string =>
  kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;

/** The path of all objects of a kind, or of those in one namespace. */
export const collectionPath = (kind: ResourceKind, namespace?: string): string => {
  const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  return namespace === undefined ? `${base}/${kind.plural}` : `${base}/namespaces/${encodeURIComponent(namespace)}/${kind.plural}`;
};

/** The path of one object, or of its subresource (`status`). */
export const objectPath = (kind: ResourceKind, key: ObjectKey, subresource?: string): string => {
  const { namespace, name } = nameOf(key);
  const path = `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
};
