import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Finding, subject } from './finding.ts';

/** Kinds that Envoy Gateway has no code for, whether or not it lets them be switched on. */
const PASSED_OVER: Readonly<Record<string, string>> = {
  XBackendTrafficPolicy: 'retries and sessions of its targets become as it says',
  XTelemetryPolicy: 'requests of its Gateways are traced as it says',
};

/** Objects that mean nothing today. */
export const newEffects = (objects: readonly KubernetesObject[]): readonly Finding[] =>
  objects.flatMap((object) => {
    const effect = PASSED_OVER[object.kind];
    if (effect === undefined) return [];
    const message = `Envoy Gateway passes it over and Gatehouse does not: ${effect}.`;
    return [
      {
        severity: 'differs' as const,
        code: 'TakesEffect' as const,
        object: subject(object),
        message,
        cure: 'Delete it if it shall have no effect.',
      },
    ];
  });
