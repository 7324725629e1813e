/** What TLS policies and references to certificates concern: part of the naive reading in belongings.ts. */
import type { BackendTLSPolicy } from '../../crds/gateway-api/backend-tls-policy.ts';
import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../ir/object-key.ts';
import type { PlacedListener } from './listener-belongings.ts';
import type { Part } from './outputs.ts';

interface Reference {
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** `<kind> <ns>/<name>`; a ClusterTrustBundle is in no namespace. */
const contentKey = ({ kind = 'Secret', name, namespace }: Reference, home: string | undefined): string =>
  kind === 'ClusterTrustBundle' ? `${kind} ${name}` : `${kind} ${namespace ?? home}/${name}`;

// By kind, as everywhere where objects of all kinds come in one list.
const policiesOf = (world: readonly KubernetesObject[]): readonly BackendTLSPolicy[] =>
  world.filter(({ kind }) => kind === 'BackendTLSPolicy') as readonly BackendTLSPolicy[];

const targetsOf = ({ spec, metadata }: BackendTLSPolicy): readonly string[] =>
  spec.targetRefs.map(({ kind, name }) => `${kind.toLowerCase()}/${metadata.namespace}/${name}`);

/** Services and ServiceImports that the versions of a policy are about, as in belongings.ts. */
export const targetsOfPolicy = (key: string, world: readonly KubernetesObject[]): readonly string[] =>
  policiesOf(world)
    .filter((policy) => objectKey(policy) === key)
    .flatMap(targetsOf);

/** Services whose policies refer to an object with certificates. */
export const servicesTrusting = (content: string, world: readonly KubernetesObject[]): readonly string[] =>
  policiesOf(world)
    .filter(({ spec, metadata }) =>
      (spec.validation.caCertificateRefs ?? []).some((ref) => contentKey(ref, metadata.namespace) === content),
    )
    .flatMap(targetsOf);

/** Secrets that fleets have for the sake of backends. */
export const isBackendSecret = (name: string): boolean =>
  /^(backendtlspolicy|xbackend)\//.test(name) || name === 'system_ca_certificates' || /^gateway\/.*\/tls\.crt$/.test(name);

/** What is said of policies for a Service, and what fleets need to speak to it. */
export function ofBackendTls(service: string, world: readonly KubernetesObject[]): (part: Part) => boolean {
  const policies = new Set(
    policiesOf(world)
      .filter((policy) => targetsOf(policy).includes(service))
      .map(objectKey),
  );
  return ({ sort, name }) =>
    policies.size > 0 && ((sort === 'policyStatus' && policies.has(name)) || (sort === 'secret' && isBackendSecret(name)));
}

/** What the proxies of a Gateway prove themselves with: its status, and what they have for backends. */
export function ofIdentity(gateway: Gateway, isMeant: (content: string) => boolean): (part: Part) => boolean {
  const key = objectKey(gateway);
  const ref = gateway.spec.tls?.backend?.clientCertificateRef;
  if (ref === undefined || !isMeant(contentKey(ref, gateway.metadata.namespace))) return () => false;
  return ({ sort, fleet, name }) =>
    (sort === 'gateway' && name === key) || (fleet === key && (sort === 'cluster' || (sort === 'secret' && isBackendSecret(name))));
}

/** Every object with certificates that a listener hangs on. */
export function contentsOfListener(
  { metadata, spec }: Gateway,
  { home, spec: { tls, protocol } }: Pick<PlacedListener, 'home' | 'spec'>,
): readonly string[] {
  const { frontend } = spec.tls ?? {};
  const frontends =
    frontend === undefined || protocol !== 'HTTPS' ? [] : [frontend.default, ...(frontend.perPort ?? []).map((each) => each.tls)];
  const certificates: readonly Reference[] = tls?.certificateRefs ?? [];
  const authorities: readonly Reference[] = frontends.flatMap(({ validation }) => validation?.caCertificateRefs ?? []);
  return [...certificates.map((ref) => contentKey(ref, home)), ...authorities.map((ref) => contentKey(ref, metadata.namespace))];
}
