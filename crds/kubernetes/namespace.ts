/** Namespace: its labels decide whose routes a listener takes. */
import { kubernetesKind } from '../object-meta.ts';
import { anyObject, optional, type Static } from '../schema.ts';

export const namespace = kubernetesKind('Namespace', 'v1', { spec: optional(anyObject()), status: optional(anyObject()) });
export type Namespace = Static<typeof namespace>;
