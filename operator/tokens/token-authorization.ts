import type { Authorize, NodeIdentity, Peer, Refusal, Verdict } from '../../xds/node-identity.ts';
import { printable, Refusals } from '../certificates/refusals.ts';
import type { ControlPlaneLogger } from '../control-plane.ts';
import type { TokenHolder, TokenReviews } from './token-reviews.ts';

/** The ServiceAccount that the proxies of a fleet run as. */
export interface ProxyIdentity {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** Undefined: no such fleet is known; on this replica it may come to be. */
export type ProxyIdentityOf = (fleet: string) => ProxyIdentity | undefined;

export interface TokenAuthorizationOptions {
  readonly reviews: Pick<TokenReviews, 'review'>;
  readonly proxyIdentityOf: ProxyIdentityOf;
  /** What a client that shows no token may have. */
  readonly otherwise: (node: NodeIdentity, peer: Peer) => Verdict;
  readonly logger: ControlPlaneLogger;
  readonly now?: () => number;
}

/**
 * Which configuration the holder of a ServiceAccount's token may have (decision 12): that of the fleet whose proxies run as this ServiceAccount, as the pod that
 * the token is bound to and no other. Where the API server cannot be asked nobody new is let in.
 */
export function tokenAuthorization({ reviews, proxyIdentityOf, otherwise, logger, now }: TokenAuthorizationOptions): Authorize {
  const refusals = new Refusals(logger, now);
  const refuse = (proof: string, refusal: Refusal, { node, peer, detail = refusal.message }: Refused): Refusal => {
    const [id, fleet] = [printable(node.id), printable(node.fleet)];
    refusals.tell(proof, `A proxy is refused: ${printable(detail)}.`, { node: id, fleet, address: peer.address });
    return refusal;
  };
  const judge = async (bearer: string, node: NodeIdentity, peer: Peer): Promise<Verdict> => {
    const review = await reviews.review(bearer);
    if (review.kind === 'unknown') return refuse('unknown', NOT_ASKED, { node, peer, detail: review.message });
    if (review.kind === 'false') return refuse('false', FALSE_TOKEN, { node, peer, detail: review.message });
    const { namespace, serviceAccount, pod } = review.holder;
    const verdict = judgeHolder(review.holder, node, proxyIdentityOf(node.fleet));
    return verdict.ok ? verdict : refuse(`${namespace}/${serviceAccount}/${pod}`, verdict, { node, peer });
  };
  return (node, peer) => {
    if (peer.bearer !== undefined) return judge(peer.bearer, node, peer);
    return peer.certificate === undefined ? refuse('none', NO_PROOF, { node, peer }) : otherwise(node, peer);
  };
}

interface Refused {
  readonly node: NodeIdentity;
  readonly peer: Peer;
  /** What is said here; strangers hear less of the cluster's inside. */
  readonly detail?: string;
}

const NO_PROOF: Refusal = {
  ok: false,
  why: 'unauthenticated',
  message: 'this client shows neither the token of a ServiceAccount (authorization: Bearer) nor a certificate that the CA vouches for',
};
const NOT_ASKED: Refusal = {
  ok: false,
  why: 'unavailable',
  message: 'the API server could not be asked about the token at present: come again',
};
const FALSE_TOKEN: Refusal = {
  ok: false,
  why: 'unauthenticated',
  message: 'the token is not accepted: it has to be valid, for this control plane, of a ServiceAccount and bound to a pod',
};

function judgeHolder(
  { namespace, serviceAccount, pod }: TokenHolder,
  { id, fleet }: NodeIdentity,
  wanted: ProxyIdentity | undefined,
): Verdict {
  const proof = `the token is of the ServiceAccount ${namespace}/${serviceAccount} and the pod ${pod}`;
  if (wanted === undefined)
    return { ok: false, why: 'unavailable', message: `${proof}, and no fleet ${printable(fleet)} is known here yet` };
  if (wanted.namespace !== namespace || wanted.serviceAccount !== serviceAccount) {
    // Whose it is is not for strangers to know.
    return { ok: false, message: `${proof}, and the proxies of ${printable(fleet)} run as another ServiceAccount` };
  }
  if (pod !== id)
    return {
      ok: false,
      message: `${proof}, and the node says that it is ${printable(id)}: start Envoy with the pod's name as --service-node`,
    };
  return { ok: true };
}
