import type { TransportSocketSchema } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import { ApiVersion, type ConfigSourceSchema } from '../../xds/proto/gen/envoy/config/core/v3/config_source_pb.ts';
import {
  SubjectAltNameMatcher_SanType,
  TlsParameters_TlsProtocol,
} from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import { UpstreamTlsContextSchema } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import type { MessageInit } from './message-init.ts';
import { pack } from './pack.ts';
import { CONTROL_PLANE_NAME, XDS_CERTIFICATE, XDS_CERTIFICATE_FILE, XDS_TRUSTED_CA, XDS_TRUSTED_CA_FILE } from './xds-secrets.ts';

/**
 * Mutual TLS to the control plane: certificates from files, read anew when they change; of a server that the CA vouches for, only the one
 * with the control plane's name is spoken to.
 */
export function xdsTransport(sdsFolder: string): MessageInit<typeof TransportSocketSchema> {
  const context = pack(UpstreamTlsContextSchema, {
    sni: CONTROL_PLANE_NAME,
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
        tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
      },
      tlsCertificateSdsSecretConfigs: [{ name: XDS_CERTIFICATE, sdsConfig: file(`${sdsFolder}/${XDS_CERTIFICATE_FILE}`) }],
      validationContextType: {
        case: 'combinedValidationContext',
        value: {
          defaultValidationContext: {
            matchTypedSubjectAltNames: [
              {
                sanType: SubjectAltNameMatcher_SanType.DNS,
                matcher: { matchPattern: { case: 'exact', value: CONTROL_PLANE_NAME } },
              },
            ],
          },
          validationContextSdsSecretConfig: { name: XDS_TRUSTED_CA, sdsConfig: file(`${sdsFolder}/${XDS_TRUSTED_CA_FILE}`) },
        },
      },
    },
  });
  return { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } };
}

const file = (path: string): MessageInit<typeof ConfigSourceSchema> => ({
  resourceApiVersion: ApiVersion.V3,
  configSourceSpecifier: { case: 'pathConfigSource', value: { path } },
});
