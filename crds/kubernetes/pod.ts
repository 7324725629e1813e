/** Pod, as far as it is an endpoint of what selects it. */
import { kubernetesKind } from '../object-meta.ts';
import { anyObject, list, object, optional, type Static, text } from '../schema.ts';

/** Of a Pod, which Kubernetes puts there from 1.35 on. */
export const ZONE_LABEL = 'topology.kubernetes.io/zone';

const condition = object({ type: text(), status: text() }, { open: true });

const status = object(
  {
    conditions: optional(list(condition)),
    phase: optional(text()),
    /** The first of `podIPs`. */
    podIP: optional(text()),
  },
  { open: true },
);

/** Files may have whole namespaces in them: of a Pod nothing is asked that is not read. */
export const pod = kubernetesKind('Pod', 'v1', { spec: optional(anyObject()), status: optional(status) }, { open: true });
export type Pod = Static<typeof pod>;
