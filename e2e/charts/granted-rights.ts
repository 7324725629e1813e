import type { KubernetesObject } from '../../crds/object-meta.ts';
import { describeRight, EVERYWHERE, type Right } from '../../operator/needed-rights.ts';

/** Of rbac.authorization.k8s.io/v1 what charts of ours say. */
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly Right['verb'][];
}

interface Role extends KubernetesObject {
  readonly rules: readonly Rule[];
}

interface Binding extends KubernetesObject {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

/** What a service account may do by the roles that are bound to it, described as `describeRight` does, each once, sorted. */
export function grantedRights(objects: readonly KubernetesObject[], account: string): readonly string[] {
  const bindings = objects.filter((object): object is Binding => object.kind.endsWith('RoleBinding'));
  const own = bindings.filter(({ subjects }) => subjects.some(({ kind, name }) => kind === 'ServiceAccount' && name === account));
  return [...new Set(own.flatMap((binding) => rightsOf(binding, roleOf(objects, binding)).map(describeRight)))].sort();
}

function roleOf(objects: readonly KubernetesObject[], { roleRef, metadata }: Binding): Role {
  const role = objects.find(
    ({ kind, metadata: { name, namespace } }) =>
      kind === roleRef.kind && name === roleRef.name && (kind === 'ClusterRole' || namespace === metadata.namespace),
  );
  if (role === undefined) throw new Error(`${metadata.name} binds a role that is not there`);
  return role as Role; // by its kind
}

const rightsOf = ({ metadata: { namespace } }: Binding, { rules }: Role): readonly Right[] =>
  rules.flatMap(({ apiGroups, resources, resourceNames = [undefined], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          resourceNames.map((name) => ({ group, resource, verb, where: namespace ?? EVERYWHERE, ...(name === undefined ? {} : { name }) })),
        ),
      ),
    ),
  );
