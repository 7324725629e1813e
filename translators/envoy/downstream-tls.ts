import type { TransportSocketSchema } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import {
  type CertificateValidationContextSchema,
  TlsParameters_TlsProtocol,
  CertificateValidationContext_TrustChainVerification as TrustChainVerification,
} from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import { DownstreamTlsContextSchema } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import type { DownstreamTls } from '../ir/listener-node.ts';
import { adsSource, WAIT_FOR_EVER } from './ads-source.ts';
import type { MessageInit } from './message-init.ts';
import { pack } from './pack.ts';

type Context = MessageInit<typeof DownstreamTlsContextSchema>;

/**
 * Certificates, and who may vouch for those of clients, come as secrets by name, so that a rotation does not touch the listener. Values of contract D.7.
 * @param alpnProtocols what is spoken inside, as far as that is known here
 */
export function downstreamTls(
  { secrets, clients }: DownstreamTls,
  alpnProtocols: readonly string[],
): MessageInit<typeof TransportSocketSchema> {
  const context = pack(DownstreamTlsContextSchema, {
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
        tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
      },
      alpnProtocols: [...alpnProtocols],
      tlsCertificateSdsSecretConfigs: secrets.map((name) => ({ name, sdsConfig: adsSource(WAIT_FOR_EVER) })),
      ...(clients === undefined ? {} : verifying(clients)),
    },
    ...(clients?.isOptional === false ? { requireClientCertificate: true } : {}),
    disableStatefulSessionResumption: true,
    sessionTicketKeysType: { case: 'disableStatelessSessionResumption', value: true },
  });
  return { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } };
}

function verifying({
  trustedCa,
  isOptional,
}: NonNullable<DownstreamTls['clients']>): Pick<NonNullable<Context['commonTlsContext']>, 'validationContextType'> {
  const anyone: MessageInit<typeof CertificateValidationContextSchema> = {
    trustChainVerification: TrustChainVerification.ACCEPT_UNTRUSTED,
  };
  return {
    validationContextType: {
      case: 'combinedValidationContext',
      value: {
        defaultValidationContext: isOptional ? anyone : {},
        validationContextSdsSecretConfig: { name: trustedCa, sdsConfig: adsSource(WAIT_FOR_EVER) },
      },
    },
  };
}
