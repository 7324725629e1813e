import type { Authenticate, Authorize, NodeIdentity, Peer, Refusal, Verdict } from '../../xds/node-identity.ts';
import { printable, Refusals } from '../certificates/refusals.ts';
import type { ControlPlaneLogger } from '../control-plane.ts';
import type { Review, TokenHolder, TokenReviews } from './token-reviews.ts';

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

export interface Admission {
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
}

/**
 * Which configuration the holder of a ServiceAccount's token may have (decision 12): that of the fleet whose proxies run as this ServiceAccount, as the pod that
 * the token is bound to and no other. Where the API server cannot be asked nobody new is let in.
 */
export function tokenAuthorization({ reviews, proxyIdentityOf, otherwise, logger, now }: TokenAuthorizationOptions): Admission {
  const refusals = new Refusals(logger, now);
  const refuse = (proof: string, refusal: Refusal, { peer, node, detail = refusal.message }: Refused): Refusal => {
    const asked = node === undefined ? {} : { node: printable(node.id), fleet: printable(node.fleet) };
    refusals.tell(proof, `A proxy is refused: ${printable(detail)}.`, { ...asked, address: peer.address });
    return refusal;
  };
  const holderOf = async (bearer: string, peer: Peer): Promise<TokenHolder | Refusal> => {
    const review = await reviews.review(bearer, hostOf(peer));
    if (review.kind === 'holder') return review.holder;
    return refuse(review.kind, REFUSALS[review.kind], { peer, detail: review.message });
  };
  const judge = async (bearer: string, node: NodeIdentity, peer: Peer): Promise<Verdict> => {
    const holder = await holderOf(bearer, peer);
    if ('ok' in holder) return holder;
    const verdict = judgeHolder(holder, node, proxyIdentityOf(node.fleet));
    return verdict.ok ? verdict : refuse(`${holder.namespace}/${holder.serviceAccount}/${holder.pod}`, verdict, { peer, node });
  };
  return {
    authenticate: (peer) => {
      if (peer.bearer !== undefined) return holderOf(peer.bearer, peer).then((holder) => ('ok' in holder ? holder : { ok: true }));
      return peer.certificate === undefined ? refuse('none', NO_PROOF, { peer }) : { ok: true };
    },
    authorize: (node, peer) => {
      if (peer.bearer !== undefined) return judge(peer.bearer, node, peer);
      return peer.certificate === undefined ? refuse('none', NO_PROOF, { peer, node }) : otherwise(node, peer);
    },
  };
}

interface Refused {
  readonly peer: Peer;
  /** What it says that it is, where it has been let say it. */
  readonly node?: NodeIdentity;
  /** What is said here; strangers hear less of the cluster's inside. */
  readonly detail?: string;
}

const NO_PROOF: Refusal = {
  ok: false,
  why: 'unauthenticated',
  message: 'this client shows neither the token of a ServiceAccount (authorization: Bearer) nor a certificate that the CA vouches for',
};
/** What strangers hear. */
const REFUSALS: Readonly<Record<Exclude<Review['kind'], 'holder'>, Refusal>> = {
  unknown: {
    ok: false,
    why: 'unavailable',
    message: 'the API server could not be asked about the token at present: come again',
  },
  busy: {
    ok: false,
    why: 'unavailable',
    message: 'too many tokens from this address wait for the API server to be asked about them: come again',
  },
  unserved: {
    ok: false,
    why: 'unavailable',
    message: 'no proxies are known here that run as the ServiceAccount of this token: come again',
  },
  false: {
    ok: false,
    why: 'unauthenticated',
    message: 'the token is not accepted: it has to be valid, for this control plane, of a ServiceAccount and bound to a pod',
  },
};

/** Without the port: each connection has another one. */
const hostOf = ({ address }: Peer): string => address.replace(/:\d+$/, '');

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
