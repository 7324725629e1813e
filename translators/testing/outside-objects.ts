/** XBackends: some, random ones, and what they concern. */
import fc from 'fast-check';
import type { HTTPRoute } from '../../crds/gateway-api/http-route.ts';
import type { XBackend, XBackendSpec } from '../../crds/gateway-api/x-backend.ts';
import { EXPERIMENTS } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../ir/object-key.ts';
import { caRef, httpRoute, named, type Rule, rule } from './objects.ts';
import type { Part } from './outputs.ts';
import { isBackendSecret } from './tls-belongings.ts';

/** Port 443, without TLS unless it is said. */
export const xBackend = (key: string, hostname: string, more: Partial<XBackendSpec> = {}): XBackend => ({
  apiVersion: `${EXPERIMENTS}/v1alpha1`,
  kind: 'XBackend',
  metadata: named(key),
  spec: { type: 'ExternalHostname', externalHostname: { hostname }, port: { number: 443 }, ...more },
});

/** A rule that sends all requests to an XBackend. */
export function outwardRule(key: string, path: string): Rule {
  const { namespace, name } = named(key);
  const ref = { group: EXPERIMENTS, kind: 'XBackend', name, weight: 1, ...(namespace === undefined ? {} : { namespace }) };
  return { ...rule({ path }), backendRefs: [ref] };
}

export const XBACKEND_KEYS = ['infra/x', 'team/x'];

const validation = fc.constantFrom(caRef(), caRef('gone')).map((ref) => ({ hostname: 'a.example.net', caCertificateRefs: [ref] }));

const clientCertificateRef = fc
  .constantFrom({ name: 'cert' }, { name: 'cert', namespace: 'infra' }, { name: 'gone' })
  .map((ref) => ({ group: '', kind: 'Secret', ...ref }));

export const xBackendTls = fc
  .tuple(validation, fc.option(clientCertificateRef, { nil: undefined }))
  .map(([trust, ref]): XBackendSpec['tls'] =>
    ref === undefined
      ? { mode: 'ServerOnly', validation: trust }
      : { mode: 'ClientAndServer', validation: trust, clientCertificateRef: ref },
  );

/** A sound one that a key pair is proven to, from its Secret `<ns>/<name>`. */
export function mutualXBackend(key: string, proof: string): XBackend {
  const { namespace = '', name } = named(proof);
  return xBackend(key, 'm.example.net', {
    tls: {
      mode: 'ClientAndServer',
      validation: { hostname: 'm.example.net', caCertificateRefs: [caRef()] },
      clientCertificateRef: { group: '', kind: 'Secret', name, namespace },
    },
  });
}

export const randomXBackends: fc.Arbitrary<XBackend> = fc
  .record({
    key: fc.constantFrom(...XBACKEND_KEYS),
    hostname: fc.constantFrom('a.example.net', 'b.example.net', 'a.cluster.local', '10.0.0.1'),
    protocol: fc.constantFrom('HTTP' as const, 'H2C' as const, 'TCP' as const),
    tls: fc.option(xBackendTls, { nil: undefined }),
  })
  .map(({ key, hostname, protocol, tls: secure }) =>
    xBackend(key, hostname, { protocol, ...(secure === undefined ? {} : { tls: secure }) }),
  );

/** Of another name than all other random routes. */
export const randomOutwardRoutes: fc.Arbitrary<HTTPRoute> = fc
  .tuple(fc.constantFrom('infra', 'team'), fc.constantFrom(...XBACKEND_KEYS))
  .map(([namespace, key]) => httpRoute(`${namespace}/out`, { hostnames: ['out.example.com'], rules: [outwardRule(key, '/')] }));

// By kind, as everywhere where objects of all kinds come in one list.
export const backendsOf = (world: readonly KubernetesObject[]): readonly XBackend[] =>
  world.filter(({ kind }) => kind === 'XBackend') as readonly XBackend[];

/** As in belongings.ts. */
export const outsideKey = (backend: XBackend): string => `xbackend/${objectKey(backend)}`;

/** Every object with certificates that it refers to, `<kind> <ns>/<name>`. */
function contentsOf({ spec: { tls: asked }, metadata }: XBackend): readonly string[] {
  const proof = asked?.clientCertificateRef;
  return [
    ...(asked?.validation?.caCertificateRefs ?? []).map(({ kind, name }) => `${kind} ${metadata.namespace}/${name}`),
    ...(proof === undefined ? [] : [`Secret ${proof.namespace ?? metadata.namespace}/${proof.name}`]),
  ];
}

/** XBackends that refer to an object with certificates for which this holds. */
export const outsideTrusting = (isMeant: (content: string) => boolean, world: readonly KubernetesObject[]): readonly XBackend[] =>
  backendsOf(world).filter((backend) => contentsOf(backend).some(isMeant));

/** What is said of an XBackend, and what fleets need to speak to it. */
export function ofOutside(key: string, world: readonly KubernetesObject[]): (part: Part) => boolean {
  const isThere = backendsOf(world).some((backend) => outsideKey(backend) === key);
  return ({ sort, name }) =>
    isThere &&
    ((sort === 'externalStatus' && key === `xbackend/${name}`) ||
      (sort === 'cluster' && name.startsWith(`${key}/`)) ||
      (sort === 'secret' && isBackendSecret(name)));
}
