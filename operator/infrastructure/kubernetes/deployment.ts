import type { Result } from '../../../translators/ir/result.ts';
import { ok } from '../../../translators/ir/result.ts';
import { type FleetContext, type Manifest, metaOf, said } from './fleet-context.ts';
import { podTemplate } from './pod-template.ts';

export const deploymentName = ({ infra, kubernetes }: FleetContext): string => kubernetes.envoyDeployment?.name ?? infra.name;

/** The proxies. How many there are is not said where an autoscaler decides it, or where nobody has said anything. */
export function deployment(context: FleetContext): Result<Manifest> {
  const { infra, kubernetes } = context;
  const choice = kubernetes.envoyDeployment ?? {};
  const template = podTemplate(context, choice);
  if (!template.ok) return template;
  return ok({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metaOf(context, { name: deploymentName(context) }),
    spec: said({
      replicas: kubernetes.envoyHpa === undefined ? choice.replicas : undefined,
      selector: { matchLabels: infra.selector },
      strategy: choice.strategy ?? { type: 'RollingUpdate' },
      template: template.value,
    }),
  });
}
