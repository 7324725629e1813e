/** Node, as far as it tells in which cloud the cluster is. */
import { kubernetesKind } from '../object-meta.ts';
import { anyObject, defaulted, object, optional, type Static, text } from '../schema.ts';

/** `providerID` is `<cloud>://<what the cloud calls the machine>`; a cluster outside of clouds has none. */
const spec = object({ providerID: optional(text()) }, { open: true });

export const node = kubernetesKind('Node', 'v1', { spec: defaulted(spec, {}), status: optional(anyObject()) });
export type Node = Static<typeof node>;
