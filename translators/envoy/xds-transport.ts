import type { Any } from '@bufbuild/protobuf/wkt';
import type { TransportSocketSchema } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import { ApiVersion, type ConfigSourceSchema } from '../../xds/proto/gen/envoy/config/core/v3/config_source_pb.ts';
import { CredentialInjectorSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/credential_injector/v3/credential_injector_pb.ts';
import { UpstreamCodecSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec_pb.ts';
import type { HttpFilterSchema } from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { GenericSchema } from '../../xds/proto/gen/envoy/extensions/http/injected_credentials/generic/v3/generic_pb.ts';
import {
  SubjectAltNameMatcher_SanType,
  TlsParameters_TlsProtocol,
} from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import { UpstreamTlsContextSchema } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import type { MessageInit } from './message-init.ts';
import { pack } from './pack.ts';
import {
  CONTROL_PLANE_NAME,
  XDS_CERTIFICATE,
  XDS_CERTIFICATE_FILE,
  XDS_TOKEN,
  XDS_TOKEN_SECRET_FILE,
  XDS_TRUSTED_CA,
  XDS_TRUSTED_CA_FILE,
} from './xds-secrets.ts';

/** How a proxy proves itself, by secrets that it reads from the files of a folder: those of `sdsConfigMapData` or `sdsTokenConfigMapData`. */
export interface XdsProof {
  readonly kind: 'certificate' | 'token';
  readonly sdsFolder: string;
}

/**
 * TLS to the control plane, mutual where the proxy proves itself by a certificate: certificates from files, read anew when they change; of a server that
 * the CA vouches for, only the one with the control plane's name is spoken to.
 */
export function xdsTransport({ kind, sdsFolder }: XdsProof): MessageInit<typeof TransportSocketSchema> {
  const context = pack(UpstreamTlsContextSchema, {
    sni: CONTROL_PLANE_NAME,
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
        tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
      },
      ...(kind === 'certificate' && {
        tlsCertificateSdsSecretConfigs: [{ name: XDS_CERTIFICATE, sdsConfig: file(`${sdsFolder}/${XDS_CERTIFICATE_FILE}`) }],
      }),
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

/** What a request to the control plane passes in the proxy: there the token is added. Without it no request is sent. */
export const xdsFilters = ({ kind, sdsFolder }: XdsProof): readonly MessageInit<typeof HttpFilterSchema>[] =>
  kind === 'certificate' ? [] : [httpFilter('envoy.filters.http.credential_injector', tokenInjector(sdsFolder)), UPSTREAM_CODEC];

const httpFilter = (name: string, value: Any): MessageInit<typeof HttpFilterSchema> => ({
  name,
  configType: { case: 'typedConfig', value },
});

const tokenInjector = (sdsFolder: string): Any =>
  pack(CredentialInjectorSchema, {
    overwrite: true,
    credential: {
      name: 'envoy.http.injected_credentials.generic',
      typedConfig: pack(GenericSchema, {
        credential: { name: XDS_TOKEN, sdsConfig: file(`${sdsFolder}/${XDS_TOKEN_SECRET_FILE}`) },
        header: 'authorization',
        headerValuePrefix: 'Bearer ',
      }),
    },
  });

/** The end of every chain of a cluster. */
const UPSTREAM_CODEC = httpFilter('envoy.filters.http.upstream_codec', pack(UpstreamCodecSchema, {}));

const file = (path: string): MessageInit<typeof ConfigSourceSchema> => ({
  resourceApiVersion: ApiVersion.V3,
  configSourceSpecifier: { case: 'pathConfigSource', value: { path } },
});
