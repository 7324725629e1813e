/** ServiceImports of small worlds (random-world.ts), with TLS by a CA that is there for the whole cluster. */
import fc from 'fast-check';
import { MULTICLUSTER } from '../../crds/kubernetes/service-import.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { SECURE } from './certificates.ts';
import { importedRule, importedSlice, serviceImport } from './import-objects.ts';
import { backendTlsPolicy, bundleRef, clusterTrustBundle, httpRoute } from './objects.ts';

/** Named like Services, and what is behind them. */
export const imports: fc.Arbitrary<KubernetesObject> = fc.oneof(
  fc
    .tuple(fc.constantFrom('infra/s', 'team/s'), fc.option(fc.constant('kubernetes.io/h2c'), { nil: undefined }))
    .map(([key, speaks]) => serviceImport(key, speaks)),
  fc
    .tuple(fc.constantFrom('infra/far', 'team/far'), fc.constantFrom('10.1.0.1', '10.1.0.2'))
    .map(([key, address]) => importedSlice(key, 's', address)),
);

export const SOUND_IMPORTS: readonly KubernetesObject[] = [
  clusterTrustBundle('all', SECURE.certificate),
  ...['infra/s', 'team/s'].map((key) => serviceImport(key)),
  importedSlice('infra/far', 's', '10.1.0.1'),
  httpRoute('team/afar', { hostnames: ['b.example.com'], rules: [importedRule('team/s', '/far')] }),
  backendTlsPolicy('team/far', {
    target: { group: MULTICLUSTER, kind: 'ServiceImport' },
    validation: { caCertificateRefs: [bundleRef('all')] },
  }),
];
