/** ReferenceGrant: the owner of a namespace lets objects elsewhere refer into it. */
import { kubernetesKind } from '../object-meta.ts';
import { list, object, optional, type Static } from '../schema.ts';
import { GROUP, groupName, kindName, namespaceName, objectName } from './names.ts';

const from = object({ group: groupName, kind: kindName, namespace: namespaceName });
export type ReferenceGrantFrom = Static<typeof from>;

const to = object({ group: groupName, kind: kindName, name: optional(objectName) });
export type ReferenceGrantTo = Static<typeof to>;

const spec = object({
  from: list(from, { minItems: 1, maxItems: 16, listType: 'atomic' }),
  to: list(to, { minItems: 1, maxItems: 16, listType: 'atomic' }),
});
export type ReferenceGrantSpec = Static<typeof spec>;

export const referenceGrant = kubernetesKind('ReferenceGrant', `${GROUP}/v1`, { spec });
export type ReferenceGrant = Static<typeof referenceGrant>;
