import type { Collection, Fetch } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { SecretNode } from '../../ir/listener-node.ts';
import type { Problem } from '../../ir/problem.ts';
import { ok, type Result, refused } from '../../ir/result.ts';
import type { RefRefusal } from '../certificates/ca-certificate-ref.ts';
import { type KeyPairRef, type KeyPairSources, resolveKeyPair } from '../certificates/key-pair-ref.ts';
import { type GatewayListener, terminatesTls } from './listeners.ts';

/** The certificates of one listener that terminates TLS. */
export interface ListenerCertificates {
  readonly listener: string;
  readonly fleet: string;
  readonly secrets: readonly SecretNode[];
  /** DNS names in them, each once. */
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
  /** When to look again: the next end of a certificate's life, in milliseconds since the epoch. */
  readonly wakeAt: number | undefined;
}

interface LiveCertificate {
  readonly secret: SecretNode;
  readonly notAfter: number;
  readonly names: readonly string[];
}

/** Keyed by listener; only for listeners that terminate TLS. They are looked up from the namespace, and as the kind, of whose list the listener is in (GEP-1713). */
export function listenerCertificates(
  graph: Graph,
  sources: KeyPairSources,
  listeners: Collection<GatewayListener>,
): Collection<ListenerCertificates> {
  return graph.derive('listenerCertificates', listeners, function* (listener, fetch) {
    if (!terminatesTls(listener)) return;
    const refs = listener.tls?.certificateRefs ?? [];
    const results = refs.map((ref) => resolveCertificate(sources, fetch, listener, ref));
    const live = onceEach(results.flatMap((result) => (result.ok ? [result.value] : [])));
    const problems = results.flatMap((result) => (result.ok ? [] : [result.problem]));
    if (refs.length === 0) problems.push(noneNamed(listener));
    yield [
      listener.key,
      {
        listener: listener.key,
        fleet: listener.fleet,
        secrets: live.map((each) => each.secret),
        names: [...new Set(live.flatMap(({ names }) => names))],
        problems: live.length === 0 ? problems : problems.map(partial),
        wakeAt: live.length === 0 ? undefined : Math.min(...live.map((each) => each.notAfter)),
      },
    ];
  });
}

/** A Secret may be named twice, and Envoy takes it once. */
const onceEach = (live: readonly LiveCertificate[]): readonly LiveCertificate[] => [
  ...new Map(live.map((each) => [each.secret.name, each])).values(),
];

function resolveCertificate(sources: KeyPairSources, fetch: Fetch, listener: GatewayListener, ref: KeyPairRef): Result<LiveCertificate> {
  const from = { group: 'gateway.networking.k8s.io', kind: listener.ref.kind, namespace: listener.namespace };
  const resolved = resolveKeyPair(sources, fetch, from, ref);
  if (!resolved.ok) return refused(unresolved(listener, resolved.refusal));
  const { certificateChain, privateKey, notAfter, names } = resolved.pair;
  return ok({ secret: { kind: 'Secret', name: resolved.key, certificateChain, privateKey }, notAfter, names });
}

const noneNamed = ({ name }: GatewayListener): Problem => ({
  type: 'ResolvedRefs',
  reason: 'InvalidCertificateRef',
  message: `Listener ${name}: tls.certificateRefs: empty; name the Secret with the certificate.`,
});

const unresolved = ({ name }: GatewayListener, { cause, text }: RefRefusal): Problem => ({
  type: 'ResolvedRefs',
  reason: cause === 'NotPermitted' ? 'RefNotPermitted' : 'InvalidCertificateRef',
  message: `Listener ${name}: ${cause === 'Kind' ? 'tls.certificateRefs: ' : ''}${text}`,
});

/** Some certificates of the listener work: it serves with those (contract D.9). */
const partial = (problem: Problem): Problem => ({
  ...problem,
  reason: problem.reason === 'RefNotPermitted' ? problem.reason : 'PartiallyInvalidCertificateRef',
});
