import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { InfraNode } from '../../translators/ir/infra-node.ts';
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

/** Gateways that ask for addresses by names: Envoy Gateway takes addresses of type IPAddress, and passes others over. */
export const namedAddressEffects = (fleets: readonly InfraNode[]): readonly Finding[] =>
  fleets.flatMap(({ named, annotations, proxy, origin: { namespace, name } }) => {
    const today: Readonly<Record<string, string>> = { ...annotations, ...proxy.provider?.kubernetes?.envoyService?.annotations };
    if (named === undefined || Object.entries(named.annotations).every(([key, value]) => today[key] === value)) return [];
    return [
      {
        severity: 'differs' as const,
        code: 'TakesEffect' as const,
        object: { kind: 'Gateway', namespace, name },
        field: 'spec.addresses',
        message: `Envoy Gateway passes NamedAddress over and Gatehouse does not: the load balancer is asked for ${named.names.join(', ')}, and its address may become another.`,
        cure: 'Remove the addresses of that type if the load balancer shall keep the address that it has.',
      },
    ];
  });
