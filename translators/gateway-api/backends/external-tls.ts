import type { XBackendSpec } from '../../../crds/gateway-api/x-backend.ts';
import { EXPERIMENTS } from '../../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { Fetch } from '../../graph/collection.ts';
import type { BackendTls } from '../../ir/cluster-node.ts';
import type { SecretNode, TrustedCaNode } from '../../ir/listener-node.ts';
import { type KeyPairRef, type KeyPairSources, resolveKeyPair } from '../certificates/key-pair-ref.ts';
import type { Referrer } from '../reference-grant.ts';
import { type BackendTlsSources, namesOf, trustOf } from './backend-tls.ts';

export type ExternalTlsSources = BackendTlsSources & KeyPairSources;

/** Which XBackend asks. */
interface Asking {
  /** `<ns>/<name>` */
  readonly key: string;
  readonly namespace: string;
  /** As `BackendTls.policy` says it. */
  readonly policy: string;
}

/** What is proven to a backend of mode ClientAndServer. */
export interface ExternalProof {
  readonly secret: SecretNode;
  /** When the certificate ends, in milliseconds since the epoch. */
  readonly wakeAt: number;
}

/** `accepted` is a reason of the condition `Accepted` of the XBackend; `why` follows `XBackend <ns>/<name>` in a sentence. */
export type ExternalTls =
  | {
      readonly ok: true;
      readonly tls: BackendTls;
      readonly trustedCa: TrustedCaNode;
      /** Undefined: none of its own is asked for. */
      readonly proof: ExternalProof | undefined;
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly accepted: string; readonly why: string };

/** TLS of an XBackend whose mode is not None (GEP-4894). Without all that it asks for nothing may be sent. */
export function externalTls(
  spec: XBackendSpec['tls'],
  { key, namespace, policy }: Asking,
  sources: ExternalTlsSources,
  fetch: Fetch,
): ExternalTls {
  const { validation, clientCertificateRef } = spec ?? {};
  if (validation === undefined)
    return { ok: false, accepted: 'Invalid', why: 'needs spec.tls.validation, which says who may vouch for it.' };
  const from = { group: EXPERIMENTS, kind: 'XBackend', namespace };
  const trust = trustOf(validation, { from, secret: `xbackend/${key}/ca.crt`, field: 'spec.tls.validation' }, sources, fetch);
  const { trustedCa } = trust;
  const notes = trust.problems.map(({ message }) => message);
  if (trustedCa === undefined) return { ok: false, accepted: 'NoValidCACertificate', why: `cannot be verified: ${notes.join(' ')}` };
  const found = clientCertificateRef && proofOf(clientCertificateRef, { from, key }, sources, fetch);
  if (found?.ok === false) return found;
  const proof = found?.proof;
  const names = namesOf(validation.hostname, validation.subjectAltNames ?? []);
  const tls = { sni: validation.hostname, names, trustedCa: trustedCa.name, policy };
  return { ok: true, tls: proof === undefined ? tls : { ...tls, clientCertificate: proof.secret.name }, trustedCa, proof, notes };
}

type FoundProof =
  | { readonly ok: true; readonly proof: ExternalProof }
  | { readonly ok: false; readonly accepted: string; readonly why: string };

function proofOf(
  ref: KeyPairRef,
  { from, key }: { readonly from: Referrer; readonly key: string },
  sources: KeyPairSources,
  fetch: Fetch,
): FoundProof {
  const resolved = resolveKeyPair(sources, fetch, from, ref);
  if (!resolved.ok) {
    const { cause, text } = resolved.refusal;
    const accepted = cause === 'NotPermitted' ? 'RefNotPermitted' : 'InvalidClientCertificateRef';
    return { ok: false, accepted, why: `has nothing to be proven to it: Field spec.tls.clientCertificateRef: ${text}` };
  }
  const { certificateChain, privateKey, notAfter } = resolved.pair;
  const secret: SecretNode = { kind: 'Secret', name: `xbackend/${key}/tls.crt`, certificateChain, privateKey };
  return { ok: true, proof: { secret, wakeAt: notAfter } };
}
