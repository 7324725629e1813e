/** TLS of Gateways and to backends, for random worlds. */
import fc from 'fast-check';
import { OTHER, SECURE } from './certificates.ts';
import { backendTlsPolicy, caConfigMap, caRef } from './objects.ts';

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 3 });

const clientCa = fc.constantFrom([caRef()], [caRef('gone')], [caRef('s', 'Service')], [caRef('gone'), { ...caRef(), namespace: 'team' }]);
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
    section: sometimes(fc.constantFrom('p8080', 'p8080', 'gone')),
    validation: fc.constantFrom(
      { caCertificateRefs: [caRef()] },
      { caCertificateRefs: [caRef(), caRef('gone')] },
      { caCertificateRefs: [caRef('cert', 'Secret')] },
      { caCertificateRefs: [caRef('s', 'Service')] },
      { wellKnownCACertificates: 'System' },
      { wellKnownCACertificates: 'example.com/ours' },
    ),
    created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
  })
  .map(({ key, section, ...rest }) => backendTlsPolicy(key, { ...rest, ...(section === undefined ? {} : { section }) }));

export const configMaps = fc
  .tuple(
    fc.constantFrom('infra/ca', 'team/ca'),
    fc.constantFrom(SECURE.certificate, OTHER.certificate, SECURE.certificate + OTHER.certificate, 'x'),
  )
  .map(([key, pem]) => caConfigMap(key, pem));
