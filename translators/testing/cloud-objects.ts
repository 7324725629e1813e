import type { Node } from '../../crds/kubernetes/node.ts';

/** A Node that a cloud has given an ID. */
export const node = (name: string, providerID: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { providerID },
});
