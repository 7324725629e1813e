import { encodeSecret } from '../../envoy/encode.ts';
import type { Collection, Fetch, First } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { BackendTls } from '../../ir/cluster-node.ts';
import type { SecretNode, TrustedCaNode } from '../../ir/listener-node.ts';
import type { BackendUse } from '../backends/clusters.ts';
import type { ClientValidation } from '../listeners/client-validation.ts';
import type { ListenerCertificates } from '../listeners/listener-certificates.ts';
import type { ServingListener } from '../listeners/serving-listeners.ts';
import { type FleetResource, sameResource } from '../routes/route-configurations.ts';
import type { FleetIdentity } from './fleet-identity.ts';

interface SecretUse {
  readonly fleet: string;
  readonly secret: SecretNode | TrustedCaNode;
}

/** Who may vouch for backends, and what is proven to one that asks for it. */
export interface Authority {
  readonly trustedCa: TrustedCaNode | undefined;
  readonly clientCertificate?: SecretNode;
}

/** Who needs secrets, and where they come from. */
export interface SecretSources {
  readonly certificates: Collection<ListenerCertificates>;
  readonly validations: Collection<ClientValidation>;
  readonly serving: Collection<ServingListener>;
  /** Keyed `<fleet>|<cluster>`. */
  readonly clusters: Collection<First<BackendUse>>;
  /** By what `BackendTls.policy` says. */
  readonly authorities: Collection<Authority>;
  readonly identities: Collection<FleetIdentity>;
}

/** The secrets that a fleet's listeners and clusters name, each once. Keyed `<fleet>|<secret>`. */
export function secrets(graph: Graph, sources: SecretSources): Collection<FleetResource> {
  const uses = graph.join('secretUses', listenerUses(graph, sources), validationUses(graph, sources), ...clusterSecretUses(graph, sources));
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

const listenerUses = (graph: Graph, { certificates, serving }: SecretSources): Collection<SecretUse> =>
  graph.derive<ListenerCertificates, SecretUse>('listenerSecretUses', certificates, function* (certificate, fetch, key) {
    if (fetch.one(serving, certificate.listener) === undefined) return;
    for (const secret of certificate.secrets) yield [`listener|${key}|${secret.name}`, { fleet: certificate.fleet, secret }];
  });

const validationUses = (graph: Graph, { validations, serving }: SecretSources): Collection<SecretUse> =>
  graph.derive<ClientValidation, SecretUse>('validationUses', validations, function* ({ listener, fleet, trustedCa }, fetch, key) {
    if (trustedCa !== undefined && fetch.one(serving, listener) !== undefined) yield [`clients|${key}`, { fleet, secret: trustedCa }];
  });

/** Looks at one cluster for each authority, for each certificate of a backend's own, and for each fleet, however many there are. */
function clusterSecretUses(graph: Graph, { clusters, authorities, identities }: SecretSources): readonly Collection<SecretUse>[] {
  const trusting = graph.first('trustingClusters', clusters, {
    by: ({ winner: { fleet, cluster } }) => (cluster.tls === undefined ? [] : [`${fleet}|${cluster.tls.trustedCa}`]),
  });
  const proving = graph.first('provingClusters', clusters, {
    by: ({ winner: { fleet, cluster } }) => (isProvenApart(cluster.tls) ? [`${fleet}|${cluster.tls.clientCertificate}`] : []),
  });
  const fleetsWithTls = graph.first('fleetsWithTls', clusters, {
    by: ({ winner: { fleet, cluster } }) => (cluster.tls === undefined || isProvenApart(cluster.tls) ? [] : [fleet]),
  });
  return [
    graph.derive<First<First<BackendUse>>, SecretUse>('authorityUses', trusting, function* ({ winner }, fetch, key) {
      const { fleet, cluster } = winner.winner;
      const secret = authorityOf(cluster.tls, authorities, fetch)?.trustedCa;
      if (secret !== undefined) yield [`authority|${key}`, { fleet, secret }];
    }),
    graph.derive<First<First<BackendUse>>, SecretUse>('proofUses', proving, function* ({ winner }, fetch, key) {
      const { fleet, cluster } = winner.winner;
      const secret = authorityOf(cluster.tls, authorities, fetch)?.clientCertificate;
      if (secret !== undefined) yield [`proof|${key}`, { fleet, secret }];
    }),
    graph.derive<First<unknown>, SecretUse>('identityUses', fleetsWithTls, function* (_tls, fetch, fleet) {
      const secret = fetch.one(identities, fleet)?.secret;
      if (secret !== undefined) yield [`identity|${fleet}`, { fleet, secret }];
    }),
  ];
}

const isProvenApart = (tls: BackendTls | undefined): tls is BackendTls & { readonly clientCertificate: string } =>
  tls?.clientCertificate !== undefined;

const authorityOf = (tls: BackendTls | undefined, authorities: Collection<Authority>, fetch: Fetch): Authority | undefined =>
  tls && fetch.one(authorities, tls.policy);
