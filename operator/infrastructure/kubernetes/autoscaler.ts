import { deploymentName } from './deployment.ts';
import { type FleetContext, type Manifest, metaOf, said } from './fleet-context.ts';

const CPU = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } } as const;

/** How many proxies there are, where that follows their load. */
export function autoscaler(context: FleetContext): Manifest | undefined {
  const choice = context.kubernetes.envoyHpa;
  if (choice === undefined) return undefined;
  const { minReplicas, maxReplicas, metrics = [CPU], behavior } = choice;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metaOf(context, { name: choice.name }),
    spec: said({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deploymentName(context) },
      minReplicas,
      maxReplicas,
      metrics,
      behavior,
    }),
  };
}
