import type { BackendTLSPolicy, BackendTLSPolicyValidation, SubjectAltName } from '../../../crds/gateway-api/backend-tls-policy.ts';
import type { Collection, Fetch, First } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { BackendTls, SubjectName } from '../../ir/cluster-node.ts';
import type { TrustedCaNode } from '../../ir/listener-node.ts';
import type { Problem } from '../../ir/problem.ts';
import { type Age, ageOf, compareAge } from '../age.ts';
import { type CaSources, type RefRefusal, resolveAuthorities } from '../certificates/ca-certificate-ref.ts';
import type { Referrer } from '../reference-grant.ts';
import { type BackendObject, backendKey, backendObject } from './backend-object.ts';

/** What a BackendTLSPolicy comes to by itself, whether or not it takes effect anywhere. */
export interface TlsVerdict {
  /** Undefined: nothing may be sent to its targets. */
  readonly tls: BackendTls | undefined;
  readonly trustedCa: TrustedCaNode | undefined;
  readonly problems: readonly Problem[];
}

/** A port, or (`section` empty) the rest of a backend that a policy names. Keyed `<policy>|<ordinal>`. */
export interface TlsTarget {
  readonly policy: string;
  readonly ordinal: number;
  readonly backend: BackendObject;
  readonly section: string;
  readonly age: Age;
}

/** All that routes and statuses ask of BackendTLSPolicies. */
export interface BackendTlsPolicies {
  /** Keyed by policy. */
  readonly verdicts: Collection<TlsVerdict>;
  readonly targets: Collection<TlsTarget>;
  /** Whose settings hold for a target: the oldest policy's. Keyed `<backendKey>|<section>`. */
  readonly winners: Collection<First<TlsTarget>>;
  readonly find: FindBackendTls;
}

/** The settings of a backend's port; undefined: none are asked for. `ok` false: some are, and they cannot be honoured. */
export type FindBackendTls = (fetch: Fetch, backend: BackendObject, portName: string) => TlsChoice | undefined;

export type TlsChoice = { readonly ok: true; readonly tls: BackendTls } | { readonly ok: false; readonly policy: string };

export const slot = (backend: BackendObject, section: string): string => `${backendKey(backend)}|${section}`;

/** Precedence: a policy for the port before one for the whole backend, then the oldest, then by name (GEP-713, BackendTLSPolicy `targetRefs`). */
export function backendTlsPolicies(graph: Graph, policies: Collection<BackendTLSPolicy>, sources: BackendTlsSources): BackendTlsPolicies {
  const verdicts = graph.derive('tlsVerdicts', policies, function* (policy, fetch, key) {
    yield [key, verdictOf(policy, key, sources, fetch)];
  });
  const targets = graph.derive('tlsTargets', policies, targetsOf);
  const winners = graph.first('tlsTargetWinners', targets, {
    by: ({ backend, section }) => [slot(backend, section)],
    orderBy: (a, b) => compareAge(a.age, b.age),
  });
  // Without the certificates: when they are renewed, no route is looked at.
  const choices = graph.derive('tlsChoices', verdicts, function* ({ tls }, _fetch, key): Iterable<readonly [string, TlsChoice]> {
    yield [key, tls === undefined ? { ok: false, policy: key } : { ok: true, tls }];
  });
  const find: FindBackendTls = (fetch, backend, portName) => {
    const own = portName === '' ? undefined : fetch.one(winners, slot(backend, portName));
    const winner = own ?? fetch.one(winners, slot(backend, ''));
    // A policy whose translation broke has no choice, and plaintext is not for us to choose.
    return winner && (fetch.one(choices, winner.winner.policy) ?? { ok: false, policy: winner.winner.policy });
  };
  return { verdicts, targets, winners, find };
}

function* targetsOf(policy: BackendTLSPolicy, _fetch: Fetch, key: string): Iterable<readonly [string, TlsTarget]> {
  const namespace = policy.metadata.namespace ?? '';
  for (const [ordinal, { group, kind, name, sectionName = '' }] of policy.spec.targetRefs.entries()) {
    const backend = backendObject({ group, kind }, `${namespace}/${name}`);
    if (backend !== undefined) yield [`${key}|${ordinal}`, { policy: key, ordinal, backend, section: sectionName, age: ageOf(policy) }];
  }
}

/** The proxies' own bundle (contract D.6). */
const systemCa = (file: string): TrustedCaNode => ({ kind: 'TrustedCa', name: 'system_ca_certificates', source: { file } });

/** Where it is in the images of Envoy, as on Debian. */
const SYSTEM_CA_FILE = '/etc/ssl/certs/ca-certificates.crt';

export interface BackendTlsSources extends CaSources {
  /** Where the proxies' machines have what they trust. */
  readonly systemCaFile: string | undefined;
}

function verdictOf({ spec, metadata }: BackendTLSPolicy, key: string, sources: BackendTlsSources, fetch: Fetch): TlsVerdict {
  const { hostname, subjectAltNames = [] } = spec.validation;
  const from = { group: 'gateway.networking.k8s.io', kind: 'BackendTLSPolicy', namespace: metadata.namespace ?? '' };
  const trust = trustOf(spec.validation, { from, secret: caSecretName(key), field: 'spec.validation' }, sources, fetch);
  const { trustedCa } = trust;
  const tls = trustedCa && { sni: hostname, names: namesOf(hostname, subjectAltNames), trustedCa: trustedCa.name, policy: key };
  return { ...trust, tls };
}

/** Who asks for trust, and how it is to be called. */
interface TrustRequest {
  readonly from: Referrer;
  /** What the secret is called, where the certificates are given. */
  readonly secret: string;
  /** Path of the validation, for messages. */
  readonly field: string;
}

/** Who may vouch for a backend; undefined: nobody does, and nothing may be sent to it. */
export function trustOf(
  { caCertificateRefs = [], wellKnownCACertificates }: BackendTLSPolicyValidation,
  { from, secret, field }: TrustRequest,
  sources: BackendTlsSources,
  fetch: Fetch,
): Pick<TlsVerdict, 'trustedCa' | 'problems'> {
  if (caCertificateRefs.length === 0) {
    if (wellKnownCACertificates === 'System') return { trustedCa: systemCa(sources.systemCaFile ?? SYSTEM_CA_FILE), problems: [] };
    return { trustedCa: undefined, problems: [unknownSet(field, wellKnownCACertificates ?? '')] };
  }
  const results = caCertificateRefs.map((ref) => resolveAuthorities(sources, fetch, from, ref));
  const problems = results.flatMap((result, index) =>
    result.ok ? [] : [unresolved(`${field}.caCertificateRefs[${index}]`, result.refusal)],
  );
  const certificates = [...new Set(results.flatMap((result) => (result.ok ? result.certificates : [])))];
  if (certificates.length === 0) return { trustedCa: undefined, problems: [noCa(field), ...problems] };
  return { trustedCa: { kind: 'TrustedCa', name: secret, source: { pem: `${certificates.join('\n')}\n` } }, problems };
}

/** Three parts and a file, where a listener's certificate has two: neither can be taken for the other. */
const caSecretName = (policy: string): string => `backendtlspolicy/${policy}/ca.crt`;

/** With subjectAltNames the hostname is for choosing the certificate only (BackendTLSPolicy `hostname`). */
export function namesOf(hostname: string, alternatives: readonly SubjectAltName[]): BackendTls['names'] {
  const [first, ...rest] = alternatives.map(nameOf);
  return first === undefined ? [{ type: 'DNS', value: hostname }] : [first, ...rest];
}

const nameOf = ({ type, hostname = '', uri = '' }: SubjectAltName): SubjectName =>
  type === 'URI' ? { type: 'URI', value: uri } : { type: 'DNS', value: hostname };

const noCa = (field: string): Problem => ({
  type: 'Accepted',
  reason: 'NoValidCACertificate',
  message: `Field ${field}.caCertificateRefs: none of the references gives a CA certificate, so requests to the targets get a 500.`,
});

const unresolved = (field: string, { cause, text }: RefRefusal): Problem => ({
  type: 'ResolvedRefs',
  reason: cause === 'Kind' ? 'InvalidKind' : 'InvalidCACertificateRef',
  message: `Field ${field}: ${text}`,
});

const unknownSet = (field: string, name: string): Problem => ({
  type: 'Accepted',
  reason: 'Invalid',
  message: `Field ${field}.wellKnownCACertificates: ${name} is not known, so requests to the targets get a 500; use System or caCertificateRefs.`,
});
