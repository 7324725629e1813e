import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import type { ResourceKind } from '../cluster/resource-kind.ts';

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

/** What the API server says of a token. Messages are a clause, and hold nothing of the token. */
export type Review =
  | { readonly kind: 'holder'; readonly holder: TokenHolder }
  | { readonly kind: 'false'; readonly message: string }
  /** It could not be asked. */
  | { readonly kind: 'unknown'; readonly message: string };

export interface TokenReviewsOptions {
  readonly client: Pick<KubeClient, 'create'>;
  /** Whom tokens have to be for. */
  readonly audience: string;
  /** Milliseconds; only differences count. */
  readonly now?: () => number;
  readonly limits?: Partial<ReviewLimits>;
}

/** Bounds of what strangers can make of it. Times in milliseconds. */
export interface ReviewLimits {
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  readonly timeoutMs: number;
  /** Answers that are remembered. */
  readonly maxKnown: number;
  readonly holderMs: number;
  readonly falseMs: number;
}

const DEFAULT_LIMITS: ReviewLimits = {
  maxInFlight: 8,
  maxWaiting: 2048,
  timeoutMs: 10_000,
  maxKnown: 4096,
  // Longer than Envoy waits before it comes again: a proxy whose review took too long for its stream finds it done.
  holderMs: 60_000,
  falseMs: 10_000,
};

interface Known {
  readonly review: Promise<Review>;
  /** Until when; undefined: it is under way. */
  until: number | undefined;
}

/** Has tokens reviewed by the API server: each once at a time, few at once, and not again for a while. */
export class TokenReviews {
  readonly #options: TokenReviewsOptions;
  readonly #limits: ReviewLimits;
  readonly #now: () => number;
  /** By the token's hash, the oldest first. */
  readonly #known = new Map<string, Known>();
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;

  constructor(options: TokenReviewsOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#now = options.now ?? (() => performance.now());
  }

  /** Never rejects. */
  review(token: string): Promise<Review> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#known.get(key);
    if (known !== undefined && (known.until === undefined || known.until > this.#now())) return known.review;
    this.#known.delete(key);
    if (this.#waiting.length >= this.#limits.maxWaiting) {
      return Promise.resolve({ kind: 'unknown', message: 'too many tokens wait for their review' });
    }
    const entry: Known = { review: this.#inTurn(token), until: undefined };
    this.#remember(key, entry);
    void entry.review.then(({ kind }) => this.#settle(key, entry, kind));
    return entry.review;
  }

  #remember(key: string, entry: Known): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= this.#limits.maxKnown) this.#known.delete(oldest);
    this.#known.set(key, entry);
  }

  #settle(key: string, entry: Known, kind: Review['kind']): void {
    const { holderMs, falseMs } = this.#limits;
    if (kind !== 'unknown') entry.until = this.#now() + (kind === 'holder' ? holderMs : falseMs);
    else if (this.#known.get(key) === entry) this.#known.delete(key);
  }

  async #inTurn(token: string): Promise<Review> {
    if (this.#inFlight >= this.#limits.maxInFlight) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inFlight += 1;
    try {
      return await this.#ask(token);
    } finally {
      // Whoever is next takes over this one's place.
      const next = this.#waiting.shift();
      if (next === undefined) this.#inFlight -= 1;
      else next();
    }
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
