import type { Secret } from '../../crds/kubernetes/secret.ts';
import type { Collection, Fetch } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Inputs } from '../inputs.ts';
import type { SecretNode } from '../ir/listener-node.ts';
import type { Problem } from '../ir/problem.ts';
import { ok, type Result, refused } from '../ir/result.ts';
import { parseKeyPair } from './certificate.ts';
import { kindName } from './kind-name.ts';
import { type GatewayListener, terminatesTls } from './listeners.ts';
import type { MayRefer } from './reference-grant.ts';
import { whyUnreadable } from './unreadable.ts';

/** The certificates of one listener that terminates TLS. */
export interface ListenerCertificates {
  readonly listener: string;
  readonly fleet: string;
  readonly secrets: readonly SecretNode[];
  readonly problems: readonly Problem[];
  /** When to look again: the next end of a certificate's life, in milliseconds since the epoch. */
  readonly wakeAt: number | undefined;
}

interface CertificateRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

interface LiveCertificate {
  readonly secret: SecretNode;
  readonly notAfter: number;
}

/** Keyed by listener; only for listeners that terminate TLS. */
export function listenerCertificates(
  graph: Graph,
  inputs: Inputs,
  listeners: Collection<GatewayListener>,
  mayRefer: MayRefer,
): Collection<ListenerCertificates> {
  return graph.derive('listenerCertificates', listeners, function* (listener, fetch) {
    if (!terminatesTls(listener)) return;
    const refs = listener.tls?.certificateRefs ?? [];
    const results = refs.map((ref) => resolveCertificate({ inputs, mayRefer, fetch }, listener, ref));
    const live = onceEach(results.flatMap((result) => (result.ok ? [result.value] : [])));
    const problems = results.flatMap((result) => (result.ok ? [] : [result.problem]));
    if (refs.length === 0) problems.push(invalidRef(listener, 'tls.certificateRefs: empty; name the Secret with the certificate.'));
    yield [
      listener.key,
      {
        listener: listener.key,
        fleet: listener.fleet,
        secrets: live.map((each) => each.secret),
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

interface Resolution {
  readonly inputs: Inputs;
  readonly mayRefer: MayRefer;
  readonly fetch: Fetch;
}

function resolveCertificate(
  { inputs, mayRefer, fetch }: Resolution,
  listener: GatewayListener,
  ref: CertificateRef,
): Result<LiveCertificate> {
  const group = ref.group ?? '';
  const kind = ref.kind ?? 'Secret';
  const namespace = ref.namespace ?? listener.namespace;
  const key = `${namespace}/${ref.name}`;
  if (group !== '' || kind !== 'Secret') {
    return refused(
      invalidRef(
        listener,
        `tls.certificateRefs: ${kindName({ group, kind })} ${key} is no Secret; certificates come from Secrets of the core group.`,
      ),
    );
  }
  const from = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: listener.namespace };
  if (!mayRefer(fetch, from, { group, kind, namespace, name: ref.name })) return refused(notPermitted(listener, key));
  const secret = fetch.one(inputs.secrets, key);
  if (secret === undefined) return refused(invalidRef(listener, absent(whyUnreadable(fetch, inputs.unreadable, 'Secret', namespace), key)));
  return readSecret(listener, key, secret, (instant) => fetch.one(inputs.passed, String(instant)) === true);
}

function readSecret(
  listener: GatewayListener,
  key: string,
  secret: Secret,
  hasPassed: (instant: number) => boolean,
): Result<LiveCertificate> {
  const parsed = parseKeyPair(decode(secret.data?.['tls.crt']), decode(secret.data?.['tls.key']));
  if (!parsed.ok) return refused(invalidRef(listener, `Secret ${key}: ${parsed.reason}; replace the key pair.`));
  const { certificateChain, privateKey, notAfter } = parsed.pair;
  if (hasPassed(notAfter)) {
    return refused(invalidRef(listener, `Secret ${key}: the certificate expired on ${new Date(notAfter).toISOString()}; renew it.`));
  }
  return ok({ secret: { kind: 'Secret', name: key, certificateChain, privateKey }, notAfter });
}

const absent = (unreadable: string | undefined, key: string): string =>
  unreadable === undefined
    ? `Secret ${key} does not exist; create it with type kubernetes.io/tls.`
    : `Secret ${key} cannot be read: ${unreadable}.`;

const decode = (base64: string | undefined): string => (base64 === undefined ? '' : Buffer.from(base64, 'base64').toString('utf8'));

const invalidRef = (listener: GatewayListener, message: string): Problem => ({
  type: 'ResolvedRefs',
  reason: 'InvalidCertificateRef',
  message: `Listener ${listener.name}: ${message}`,
});

const notPermitted = (listener: GatewayListener, key: string): Problem => ({
  type: 'ResolvedRefs',
  reason: 'RefNotPermitted',
  message: `Listener ${listener.name}: Secret ${key} is in another namespace and no ReferenceGrant there admits Gateways of namespace ${listener.namespace}; create one.`,
});

/** Some certificates of the listener work: it serves with those (contract D.9). */
const partial = (problem: Problem): Problem => ({
  ...problem,
  reason: problem.reason === 'RefNotPermitted' ? problem.reason : 'PartiallyInvalidCertificateRef',
});
