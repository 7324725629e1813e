import { encodeSecret } from '../envoy/encode.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { SecretNode } from '../ir/listener-node.ts';
import type { ListenerCertificates } from './listener-certificates.ts';
import { type FleetResource, sameResource } from './route-configurations.ts';
import type { ServingListener } from './serving-listeners.ts';

interface SecretUse {
  readonly fleet: string;
  readonly secret: SecretNode;
}

/** The certificates that listeners serve with, once a fleet. Keyed `<fleet>|<secret>`. */
export function secrets(
  graph: Graph,
  certificates: Collection<ListenerCertificates>,
  serving: Collection<ServingListener>,
): Collection<FleetResource> {
  const uses = graph.derive<ListenerCertificates, SecretUse>('secretUses', certificates, function* (certificate, fetch, key) {
    if (fetch.one(serving, certificate.listener) === undefined) return;
    for (const secret of certificate.secrets) yield [`${key}|${secret.name}`, { fleet: certificate.fleet, secret }];
  });
  const shared = graph.first('sharedSecrets', uses, { by: ({ fleet, secret }) => [`${fleet}|${secret.name}`] });
  return graph.derive(
    'envoySecrets',
    shared,
    function* ({ winner }, _fetch, key) {
      const { fleet, secret } = winner;
      yield [key, { fleet, resource: encodeSecret(secret) }];
    },
    { equals: sameResource },
  );
}
