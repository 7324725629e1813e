import { create } from '@bufbuild/protobuf';
import { type Secret, SecretSchema } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import type { SecretNode } from '../ir/listener-node.ts';

/** A certificate with its key, inline. */
export function buildSecret(node: SecretNode): Secret {
  const inline = (pem: string) => ({ specifier: { case: 'inlineBytes', value: new TextEncoder().encode(pem) } }) as const;
  return create(SecretSchema, {
    name: node.name,
    type: {
      case: 'tlsCertificate',
      value: { certificateChain: inline(node.certificateChain), privateKey: inline(node.privateKey) },
    },
  });
}
