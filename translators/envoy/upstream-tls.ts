import type { TransportSocketSchema } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import {
  SubjectAltNameMatcher_SanType,
  type SubjectAltNameMatcherSchema,
  TlsParameters_TlsProtocol,
} from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import { UpstreamTlsContextSchema } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import type { BackendProtocol, BackendTls, SubjectName } from '../ir/cluster-node.ts';
import { adsSource, SECRETS_WAIT_MS } from './ads-source.ts';
import type { MessageInit } from './message-init.ts';
import { pack } from './pack.ts';

/** What is offered by ALPN; for `negotiated` Envoy's automatic protocol selection says it, and of bytes nobody does. */
const OFFERED: Readonly<Partial<Record<BackendProtocol, readonly string[]>>> = { http1: ['http/1.1'], http2: ['h2'] };

/**
 * TLS to a backend. Who may vouch for it, and what the proxy proves itself with, come as secrets by name, so that a rotation does not
 * touch the cluster and cuts no connection.
 * @param clientCertificate name of a secret; absent: the proxy does not say who it is
 */
export function upstreamTls(
  { sni, names, trustedCa }: BackendTls,
  protocol: BackendProtocol,
  clientCertificate: string | undefined,
): MessageInit<typeof TransportSocketSchema> {
  const sdsConfig = adsSource(SECRETS_WAIT_MS);
  const context = pack(UpstreamTlsContextSchema, {
    sni,
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
        tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
      },
      alpnProtocols: [...(OFFERED[protocol] ?? [])],
      tlsCertificateSdsSecretConfigs: clientCertificate === undefined ? [] : [{ name: clientCertificate, sdsConfig }],
      validationContextType: {
        case: 'combinedValidationContext',
        value: {
          defaultValidationContext: { matchTypedSubjectAltNames: names.flatMap(matchersOf) },
          validationContextSdsSecretConfig: { name: trustedCa, sdsConfig },
        },
      },
    },
  });
  return { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } };
}

type SanMatcher = MessageInit<typeof SubjectAltNameMatcherSchema>;

/** Envoy lets a certificate's own wildcard stand for an exact name. A wildcard that is asked for means itself, or one label in its place (RFC 9525, 6.3). */
function matchersOf({ type, value }: SubjectName): readonly SanMatcher[] {
  const sanType = type === 'DNS' ? SubjectAltNameMatcher_SanType.DNS : SubjectAltNameMatcher_SanType.URI;
  const exact: SanMatcher = { sanType, matcher: { matchPattern: { case: 'exact', value } } };
  if (type === 'URI' || !value.startsWith('*.')) return [exact];
  const regex = `[^.]+\\.${value.slice(2).replaceAll('.', '\\.')}`;
  return [exact, { sanType, matcher: { matchPattern: { case: 'safeRegex', value: { regex } } } }];
}
