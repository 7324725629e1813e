/** TLS of Gateways and to backends, for random worlds. */
import fc from 'fast-check';
import { MULTICLUSTER } from '../../crds/kubernetes/service-import.ts';
import { OTHER, SECURE } from './certificates.ts';
import { backendTlsPolicy, bundleRef, caConfigMap, caRef, clusterTrustBundle } from './objects.ts';

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 3 });

const clientCa = fc.constantFrom(
  [caRef()],
  [bundleRef('all')],
  [bundleRef('none'), caRef()],
  [caRef('gone')],
  [caRef('s', 'Service')],
  [caRef('gone'), { ...caRef(), namespace: 'team' }],
);
const validation = fc
  .tuple(clientCa, fc.constantFrom('AllowValidOnly' as const, 'AllowInsecureFallback' as const))
  .map(([caCertificateRefs, mode]) => ({ validation: { caCertificateRefs, mode } }));
export const gatewayTls = fc.record(
  {
    backend: fc
      .constantFrom({ name: 'cert' }, { name: 'cert', namespace: 'team' }, { name: 'gone' })
      .map((ref) => ({ clientCertificateRef: { group: '', kind: 'Secret', ...ref } })),
    frontend: fc.oneof(
      validation.map((all) => ({ default: all })),
      fc.tuple(validation, validation).map(([all, tls]) => ({ default: all, perPort: [{ port: 443, tls }] })),
    ),
  },
  { requiredKeys: [] },
);

export const policies = fc
  .record({
    key: fc.constantFrom('infra/p', 'team/p', 'team/q'),
    target: fc.constantFrom({ group: '', kind: 'Service' }, { group: MULTICLUSTER, kind: 'ServiceImport' }),
    section: sometimes(fc.constantFrom('p8080', 'p8080', 'gone')),
    validation: fc.constantFrom(
      { caCertificateRefs: [caRef()] },
      { caCertificateRefs: [caRef(), caRef('gone')] },
      { caCertificateRefs: [bundleRef('all')] },
      { caCertificateRefs: [bundleRef('none')] },
      { caCertificateRefs: [caRef('cert', 'Secret')] },
      { caCertificateRefs: [caRef('s', 'Service')] },
      { wellKnownCACertificates: 'System' },
      { wellKnownCACertificates: 'example.com/ours' },
    ),
    created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
  })
  .map(({ key, section, ...rest }) => backendTlsPolicy(key, { ...rest, ...(section === undefined ? {} : { section }) }));

/** One that is in the sound world, and one that is not. */
export const trustBundles = fc
  .tuple(fc.constantFrom('all', 'none'), fc.constantFrom(SECURE.certificate, OTHER.certificate, 'x'))
  .map(([name, pem]) => clusterTrustBundle(name, pem));

export const configMaps = fc
  .tuple(
    fc.constantFrom('infra/ca', 'team/ca'),
    fc.constantFrom(SECURE.certificate, OTHER.certificate, SECURE.certificate + OTHER.certificate, 'x'),
  )
  .map(([key, pem]) => caConfigMap(key, pem));
