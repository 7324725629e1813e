import type { Node } from './proto/gen/envoy/config/core/v3/base_pb.ts';

/** Who a stream says it is. */
export interface NodeIdentity {
  readonly id: string;
  /** The fleet whose resources it gets: Envoy's `--service-cluster`. */
  readonly fleet: string;
  /** For example 1.40.0; empty where the client does not say. */
  readonly envoyVersion: string;
}

/** What a peer shows of itself. */
export interface Peer {
  readonly address: string;
  /** The verified client certificate's subject and names, with mutual TLS. */
  readonly certificate: PeerCertificate | undefined;
  /** The token of `authorization: Bearer <token>`, which nobody has verified. A secret: never to be logged. */
  readonly bearer?: string | undefined;
}

export interface PeerCertificate {
  readonly subject: unknown;
  readonly subjectaltname?: string | undefined;
}

/** The message goes to the client. */
export type Verdict = { readonly ok: true } | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly message: string;
  /** What the client hears as gRPC's status: who it is is not proven, or cannot be told at present (it should come again). Absent: it may not. */
  readonly why?: 'unauthenticated' | 'unavailable';
}

/** Whether a peer is anybody at all. A stream waits for this verdict before it reads anything: of a stranger no message is taken in. */
export type Authenticate = (peer: Peer) => Verdict | Promise<Verdict>;

/** Whether it may be the node that it says it is. A stream waits for this verdict too; nothing is answered before. */
export type Authorize = (node: NodeIdentity, peer: Peer) => Verdict | Promise<Verdict>;

export const authenticateAll: Authenticate = () => ({ ok: true });
export const authorizeAll: Authorize = () => ({ ok: true });

/** Tokens are shorter; what is longer is none. In characters. */
const MAX_TOKEN = 16_384;

/** The token that the values of the `authorization` metadata have; undefined where they are not exactly one token. */
export function bearerOf(values: readonly (string | Buffer)[]): string | undefined {
  const [value, ...others] = values;
  if (typeof value !== 'string' || others.length > 0 || value.length > MAX_TOKEN) return undefined;
  return /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i.exec(value)?.[1];
}

/** Undefined where the first request lacks what is needed to answer it. */
export function identify(node: Node | undefined): NodeIdentity | undefined {
  if (node === undefined || node.id === '' || node.cluster === '') return undefined;
  return { id: node.id, fleet: node.cluster, envoyVersion: versionOf(node) };
}

function versionOf({ userAgentVersionType: version }: Node): string {
  if (version.case === 'userAgentVersion') return version.value;
  const number = version.value?.version;
  return number === undefined ? '' : `${number.majorNumber}.${number.minorNumber}.${number.patch}`;
}
