/** XBackendTrafficPolicies: some, random ones, and what they concern. */
import fc from 'fast-check';
import type { XBackendTrafficPolicy, XBackendTrafficPolicySpec } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import { MULTICLUSTER } from '../../crds/kubernetes/service-import.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../ir/object-key.ts';
import { named } from './objects.ts';
import type { Part } from './outputs.ts';

/** For Services of its namespace, and ServiceImports (`ServiceImport:<name>`). */
export const trafficPolicy = (
  key: string,
  targets: readonly string[],
  { created, ...spec }: Omit<XBackendTrafficPolicySpec, 'targetRefs'> & { readonly created?: string },
): XBackendTrafficPolicy => ({
  apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
  kind: 'XBackendTrafficPolicy',
  metadata: named(key, created === undefined ? {} : { creationTimestamp: created }),
  spec: { targetRefs: targets.map(targetRef), ...spec },
});

function targetRef(target: string) {
  const [kind, name] = target.split(':');
  return name === undefined || kind === undefined ? { group: '', kind: 'Service', name: target } : { group: MULTICLUSTER, kind, name };
}

export const retries = (percent: number) => ({
  budget: { percent, interval: '10s' },
  minRetryRate: { count: 10, interval: '1s' },
});

export const randomTrafficPolicies = fc
  .record({
    key: fc.constantFrom('infra/t', 'team/t', 'team/u'),
    services: fc.constantFrom(['s'], ['s', 'gone']),
    created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
    retryConstraint: fc.constantFrom(undefined, retries(20), retries(50)),
    sessionPersistence: fc.constantFrom(
      undefined,
      { type: 'Cookie' as const },
      { type: 'Cookie' as const, sessionName: 'a' },
      { type: 'Header' as const, sessionName: 'Host' },
    ),
  })
  .map(({ key, services, created, retryConstraint, sessionPersistence }) =>
    trafficPolicy(key, services, {
      created,
      ...(retryConstraint === undefined ? {} : { retryConstraint }),
      ...(sessionPersistence === undefined ? {} : { sessionPersistence }),
    }),
  );

// By kind, as everywhere where objects of all kinds come in one list.
const policiesOf = (world: readonly KubernetesObject[]): readonly XBackendTrafficPolicy[] =>
  world.filter(({ kind }) => kind === 'XBackendTrafficPolicy') as readonly XBackendTrafficPolicy[];

const targetsOf = ({ spec, metadata }: XBackendTrafficPolicy): readonly string[] =>
  spec.targetRefs.map(({ kind, name }) => `${kind.toLowerCase()}/${metadata.namespace}/${name}`);

const policiesFor = (service: string, world: readonly KubernetesObject[]): readonly XBackendTrafficPolicy[] =>
  policiesOf(world).filter((policy) => targetsOf(policy).includes(service));

/** Services that the versions of a policy are about. */
export const targetsOfTrafficPolicy = (key: string, world: readonly KubernetesObject[]): readonly string[] =>
  policiesOf(world)
    .filter((policy) => objectKey(policy) === key)
    .flatMap(targetsOf);

/** Rules without sessions of their own may have those of the Service. */
export const hasSessions = (service: string, world: readonly KubernetesObject[]): boolean =>
  policiesFor(service, world).some(({ spec }) => spec.sessionPersistence !== undefined);

/** What is said of policies for a Service. */
export function ofTraffic(service: string, world: readonly KubernetesObject[]): (part: Part) => boolean {
  const policies = new Set(policiesFor(service, world).map(objectKey));
  return ({ sort, name }) => sort === 'trafficStatus' && policies.has(name);
}
