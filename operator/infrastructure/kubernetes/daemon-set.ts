import type { Result } from '../../../translators/ir/result.ts';
import { ok } from '../../../translators/ir/result.ts';
import { type FleetContext, type Manifest, metaOf } from './fleet-context.ts';
import { podTemplate } from './pod-template.ts';

/** The proxies, one on each node. */
export function daemonSet(context: FleetContext): Result<Manifest> {
  const { infra, kubernetes } = context;
  const choice = kubernetes.envoyDaemonSet ?? {};
  const template = podTemplate(context, choice);
  if (!template.ok) return template;
  return ok({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metaOf(context, { name: choice.name }),
    spec: {
      selector: { matchLabels: infra.selector },
      updateStrategy: choice.strategy ?? { type: 'RollingUpdate' },
      template: template.value,
    },
  });
}
