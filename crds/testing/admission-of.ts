import type { Admission } from '../admission.ts';
import { admit } from '../validate.ts';

/** An HTTPRoute with this spec, or with these rules. */
export const route = (spec: object): object => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'r' },
  spec,
});
export const routeWith = (...rules: readonly object[]): object => route({ rules });

/** A Gateway with these listeners. */
export const gatewayWith = (...listeners: readonly object[]): object => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'g' },
  spec: { gatewayClassName: 'eg', listeners },
});

/** What admission says against an object, a line each; nothing where it is admitted. */
export const complaints = (object: unknown): readonly string[] => complaintsOf(admit(object));

export const complaintsOf = (admission: Admission<unknown>): readonly string[] =>
  admission.ok ? [] : admission.errors.map(({ path, message }) => `${path}: ${message}`);

/** The spec after admission. */
export const admitted = (object: unknown): unknown => {
  const admission = admit(object);
  if (!admission.ok) throw new Error(complaintsOf(admission).join('\n'));
  return admission.value.spec;
};
