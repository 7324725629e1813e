import { create } from '@bufbuild/protobuf';
import { type Secret, SecretSchema } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import type { SecretNode, TrustedCaNode } from '../ir/listener-node.ts';

/** A certificate with its key, inline; or who may vouch for certificates. */
export function buildSecret(node: SecretNode | TrustedCaNode): Secret {
  if (node.kind === 'TrustedCa') return trustedCa(node);
  return create(SecretSchema, {
    name: node.name,
    type: {
      case: 'tlsCertificate',
      value: { certificateChain: inline(node.certificateChain), privateKey: inline(node.privateKey) },
    },
  });
}

function trustedCa({ name, source }: TrustedCaNode): Secret {
  const data = 'pem' in source ? inline(source.pem) : ({ specifier: { case: 'filename', value: source.file } } as const);
  return create(SecretSchema, { name, type: { case: 'validationContext', value: { trustedCa: data } } });
}

const inline = (pem: string) => ({ specifier: { case: 'inlineBytes', value: new TextEncoder().encode(pem) } }) as const;
