/** GatewayClasses, and who is run by which EnvoyProxy: part of the naive reading in belongings.ts. */
import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { GatewayClass } from '../../crds/gateway-api/gateway-class.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { Belongs } from './listener-belongings.ts';

export const ofClass =
  (name: string): Belongs =>
  (part) =>
    part.sort === 'class' && part.name === name;

export const classesOf = (world: readonly KubernetesObject[]): readonly GatewayClass[] =>
  world.filter(({ kind }) => kind === 'GatewayClass') as readonly GatewayClass[];

export const parametersOfClass = ({ spec: { parametersRef: ref } }: GatewayClass): string | undefined =>
  ref && `${ref.namespace}/${ref.name}`;
export const parametersOfGateway = ({ metadata, spec }: Gateway): string | undefined =>
  spec.infrastructure?.parametersRef && `${metadata.namespace}/${spec.infrastructure.parametersRef.name}`;
