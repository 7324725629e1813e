import type { BackendTLSPolicy } from '../../crds/gateway-api/backend-tls-policy.ts';
import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { ListenerSet } from '../../crds/gateway-api/listener-set.ts';
import type { XBackend } from '../../crds/gateway-api/x-backend.ts';
import { CONTENT_KINDS, type ContentRef } from './content-loader.ts';

interface Reference {
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Certificates of listeners, of the proxies themselves, and of those who vouch for clients. */
export function contentsOfGateway({ spec, metadata }: Gateway): ReadonlySet<ContentRef> {
  const { backend, frontend } = spec.tls ?? {};
  const frontends = frontend === undefined ? [] : [frontend.default, ...(frontend.perPort ?? []).map(({ tls }) => tls)];
  const refs: readonly Reference[] = [
    ...spec.listeners.flatMap((listener) => listener.tls?.certificateRefs ?? []),
    ...(backend?.clientCertificateRef === undefined ? [] : [backend.clientCertificateRef]),
    ...frontends.flatMap(({ validation }) => validation?.caCertificateRefs ?? []),
  ];
  return contentsOf(refs, metadata.namespace ?? '');
}

/** Certificates of listeners. */
export const contentsOfListenerSet = ({ spec, metadata }: ListenerSet): ReadonlySet<ContentRef> =>
  contentsOf(
    spec.listeners.flatMap((listener) => listener.tls?.certificateRefs ?? []),
    metadata.namespace ?? '',
  );

/** Certificates of those who vouch for backends. */
export const contentsOfBackendTlsPolicy = ({ spec, metadata }: BackendTLSPolicy): ReadonlySet<ContentRef> =>
  contentsOf(spec.validation.caCertificateRefs ?? [], metadata.namespace ?? '');

/** The same of those of an XBackend, and what is proven to it. */
export function contentsOfXBackend({ spec: { tls }, metadata }: XBackend): ReadonlySet<ContentRef> {
  const own = tls?.clientCertificateRef === undefined ? [] : [tls.clientCertificateRef];
  return contentsOf([...(tls?.validation?.caCertificateRefs ?? []), ...own], metadata.namespace ?? '');
}

function contentsOf(refs: readonly Reference[], home: string): ReadonlySet<ContentRef> {
  return new Set(
    refs.flatMap(({ kind = 'Secret', namespace = home, name }): readonly ContentRef[] => {
      const known = CONTENT_KINDS.find((each) => each === kind);
      return known === undefined ? [] : [`${known} ${namespace}/${name}`];
    }),
  );
}
