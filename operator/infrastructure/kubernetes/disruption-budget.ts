import { type FleetContext, type Manifest, metaOf, said } from './fleet-context.ts';

/** How many proxies a node's drain may take at once. */
export function disruptionBudget(context: FleetContext): Manifest | undefined {
  const choice = context.kubernetes.envoyPDB;
  if (choice === undefined) return undefined;
  const { minAvailable, maxUnavailable } = choice;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metaOf(context, { name: choice.name }),
    spec: said({ minAvailable, maxUnavailable, selector: { matchLabels: context.infra.selector } }),
  };
}
