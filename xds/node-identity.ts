import type { Node } from './proto/gen/envoy/config/core/v3/base_pb.ts';

/** Who a stream says it is. */
export interface NodeIdentity {
  readonly id: string;
  /** The fleet whose resources it gets: Envoy's `--service-cluster`. */
  readonly fleet: string;
  /** For example 1.40.0; empty where the client does not say. */
  readonly envoyVersion: string;
}

/** Who the transport says it is. */
export interface Peer {
  readonly address: string;
  /** The verified client certificate's subject and names, with mutual TLS. */
  readonly certificate: PeerCertificate | undefined;
}

export interface PeerCertificate {
  readonly subject: unknown;
  readonly subjectaltname?: string | undefined;
}

/** Whether a peer may be the node that it says it is. The message goes to the client. */
export type Authorize = (node: NodeIdentity, peer: Peer) => { readonly ok: true } | { readonly ok: false; readonly message: string };

export const authorizeAll: Authorize = () => ({ ok: true });

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
