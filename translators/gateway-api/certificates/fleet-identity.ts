import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { SecretNode } from '../../ir/listener-node.ts';
import type { Problem } from '../../ir/problem.ts';
import type { OwnedGateway } from '../owned-gateways.ts';
import type { RefRefusal } from './ca-certificate-ref.ts';
import { type KeyPairSources, resolveKeyPair } from './key-pair-ref.ts';

/** What the proxies of a Gateway prove themselves with to backends (GEP-3155, `spec.tls.backend.clientCertificateRef`). */
export interface FleetIdentity {
  readonly fleet: string;
  /** Undefined: there is no such proof, and without it no backend may be spoken to over TLS. */
  readonly secret: SecretNode | undefined;
  readonly problems: readonly Problem[];
  /** When the certificate ends, in milliseconds since the epoch. */
  readonly wakeAt: number | undefined;
}

/** Keyed by fleet; only for Gateways that ask for it. */
export function fleetIdentities(graph: Graph, sources: KeyPairSources, gateways: Collection<OwnedGateway>): Collection<FleetIdentity> {
  return graph.derive<OwnedGateway, FleetIdentity>('fleetIdentities', gateways, function* ({ key, namespace, fleet, spec }, fetch) {
    const ref = spec.tls?.backend?.clientCertificateRef;
    if (ref === undefined) return;
    const from = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace };
    const resolved = resolveKeyPair(sources, fetch, from, ref);
    if (!resolved.ok) {
      yield [fleet, { fleet, secret: undefined, problems: [unresolved(resolved.refusal)], wakeAt: undefined }];
      return;
    }
    const { certificateChain, privateKey, notAfter } = resolved.pair;
    const secret: SecretNode = { kind: 'Secret', name: `gateway/${key}/tls.crt`, certificateChain, privateKey };
    yield [fleet, { fleet, secret, problems: [], wakeAt: notAfter }];
  });
}

/** The reasons of GatewayConditionResolvedRefs. */
const unresolved = ({ cause, text }: RefRefusal): Problem => ({
  type: 'ResolvedRefs',
  reason: cause === 'NotPermitted' ? 'RefNotPermitted' : 'InvalidClientCertificateRef',
  message: `Field spec.tls.backend.clientCertificateRef: ${text} Until then requests to backends with TLS get a 503.`,
});

/** Of an identity, what clusters hang on: not the certificate, so that its renewal touches none of them. */
export type Proof = { readonly secret: string } | 'missing';

/** Keyed by fleet. */
export const fleetProofs = (graph: Graph, identities: Collection<FleetIdentity>): Collection<Proof> =>
  graph.derive('fleetProofs', identities, function* ({ secret }, _fetch, key): Iterable<readonly [string, Proof]> {
    yield [key, secret === undefined ? 'missing' : { secret: secret.name }];
  });
