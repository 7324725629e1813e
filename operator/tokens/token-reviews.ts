import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import type { ResourceKind } from '../cluster/resource-kind.ts';
import { FairTurns, type TurnLimits } from './fair-turns.ts';
import { Remembered } from './remembered.ts';
import type { TokenLook } from './token-look.ts';

export const TOKEN_REVIEW: ResourceKind = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};

/** A pod that has the token of its ServiceAccount. */
export interface TokenHolder {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: string;
}

/** What is known of a token, from the API server mostly. Messages are a clause, and hold nothing of the token. */
export type Review =
  | { readonly kind: 'holder'; readonly holder: TokenHolder }
  | { readonly kind: 'false'; readonly message: string }
  /** It was not asked: no proxies run as the ServiceAccount that the token says that it is of. */
  | { readonly kind: 'unserved'; readonly message: string }
  /** It was not asked: too many tokens wait for it. */
  | { readonly kind: 'busy'; readonly message: string }
  /** It could not be asked. */
  | { readonly kind: 'unknown'; readonly message: string };

export interface TokenReviewsOptions {
  readonly client: Pick<KubeClient, 'create'>;
  /** Whom tokens have to be for. */
  readonly audience: string;
  /** Spares the API server what cannot be good. */
  readonly look?: TokenLook;
  /** Milliseconds; only differences count. */
  readonly now?: () => number;
  readonly limits?: Partial<ReviewLimits>;
}

/** Bounds of what strangers can make of it. Times in milliseconds. */
export interface ReviewLimits extends TurnLimits {
  readonly timeoutMs: number;
  /** Good answers that are remembered, and as many false ones. */
  readonly maxKnown: number;
  readonly holderMs: number;
  readonly falseMs: number;
}

const DEFAULT_LIMITS: ReviewLimits = {
  maxInFlight: 8,
  // Half of them stay for the others while one address has all that it may have under way.
  maxInFlightOfOne: 4,
  // The other proxies of a network have their place while one address of it has all of its own, and the other networks theirs.
  maxInFlightOfNetwork: 6,
  maxWaiting: 2048,
  maxWaitingOfNetwork: 1536,
  // Proxies may come through an address that they share.
  maxWaitingOfOne: 512,
  timeoutMs: 10_000,
  maxKnown: 4096,
  // Longer than Envoy waits before it comes again: a proxy whose review took too long for its stream finds it done.
  holderMs: 60_000,
  falseMs: 10_000,
};

const BUSY: Review = { kind: 'busy', message: 'too many tokens that this address shows wait for their review' };

/** Has tokens reviewed by the API server: each once at a time, few at once, in fair turns of those who show them, and not again for a while. */
export class TokenReviews {
  readonly #options: TokenReviewsOptions;
  readonly #limits: ReviewLimits;
  readonly #now: () => number;
  readonly #turns: FairTurns;
  /** By the token's hash; what is false has a place of its own, so that no amount of it drives out the good. */
  readonly #underWay = new Map<string, Promise<Review>>();
  readonly #holders: Remembered<Review>;
  readonly #false: Remembered<Review>;

  constructor(options: TokenReviewsOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#now = options.now ?? (() => performance.now());
    this.#turns = new FairTurns(this.#limits);
    this.#holders = new Remembered(this.#limits.maxKnown);
    this.#false = new Remembered(this.#limits.maxKnown);
  }

  /**
   * Never rejects.
   * @param peer who shows it, as far as that is known without it: an address
   */
  review(token: string, peer: string): Promise<Review> {
    const key = createHash('sha256').update(token).digest('base64');
    const now = this.#now();
    const known = this.#holders.get(key, now) ?? this.#false.get(key, now) ?? this.#options.look?.(token);
    if (known !== undefined) return Promise.resolve(known);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const review = this.#inTurn(token, peer).then((found) => this.#settle(key, found));
    this.#underWay.set(key, review);
    return review;
  }

  #settle(key: string, review: Review): Review {
    const { holderMs, falseMs } = this.#limits;
    this.#underWay.delete(key);
    if (review.kind === 'holder') this.#holders.put(key, review, this.#now() + holderMs);
    if (review.kind === 'false') this.#false.put(key, review, this.#now() + falseMs);
    return review;
  }

  async #inTurn(token: string, peer: string): Promise<Review> {
    const end = this.#turns.begin(peer) ?? (await this.#turns.take(peer));
    return end === undefined ? BUSY : await this.#ask(token).finally(end);
  }

  async #ask(token: string): Promise<Review> {
    const { client, audience } = this.#options;
    const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token, audiences: [audience] } };
    try {
      const signal = AbortSignal.timeout(this.#limits.timeoutMs);
      // A review is no object that is kept: it has no name.
      const answer = await client.create(TOKEN_REVIEW, asked as unknown as KubernetesObject, {}, { signal });
      return readReview(answer, audience);
    } catch (error) {
      return { kind: 'unknown', message: `the API server could not be asked about the token: ${String(error)}` };
    }
  }
}

/** authentication.k8s.io/v1 TokenReviewStatus. */
interface RawStatus {
  readonly authenticated?: boolean;
  readonly audiences?: readonly string[];
  readonly error?: string;
  readonly user?: { readonly username?: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
}

const POD_NAME = 'authentication.kubernetes.io/pod-name';

function readReview(answer: object, audience: string): Review {
  // Boundary: JSON of the API server, whose shape is its contract.
  const { status = {} } = answer as { readonly status?: RawStatus };
  const { authenticated, audiences = [], error = '', user = {} } = status;
  if (authenticated !== true || error !== '') return { kind: 'false', message: `the API server does not accept the token: ${error}` };
  // A server that knows nothing of audiences leaves them away: the token may be for anybody then.
  if (!audiences.includes(audience)) return { kind: 'false', message: `the token is not for ${audience}` };
  const [, namespace, serviceAccount] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user.username ?? '') ?? [];
  if (namespace === undefined || serviceAccount === undefined) return { kind: 'false', message: 'the token is of no ServiceAccount' };
  const [pod, ...others] = user.extra?.[POD_NAME] ?? [];
  if (pod === undefined || pod === '' || others.length > 0) return { kind: 'false', message: 'the token is not bound to a pod' };
  return { kind: 'holder', holder: { namespace, serviceAccount, pod } };
}
