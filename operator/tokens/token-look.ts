import type { Review } from './token-reviews.ts';

/** What can be said of a token without asking anybody. Undefined: it may be good. */
export type TokenLook = (token: string) => Review | undefined;

export interface TokenLookOptions {
  /** Whom tokens have to be for. */
  readonly audience: string;
  /** Whether any proxies run as a ServiceAccount: `<ns>/<name>`. */
  readonly isKnown: (account: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** How far the clocks of this machine and of the API server may be apart, in milliseconds. */
const SKEW_MS = 300_000;

/**
 * Looks at what a token says of itself, which costs microseconds and not a request: a ServiceAccount's is a JWT that names its audiences, end, account and
 * pod (Kubernetes, "ServiceAccount token volume projection"). Nothing of that is proven; it can only rule out.
 */
export const tokenLook =
  ({ audience, isKnown, now = Date.now }: TokenLookOptions): TokenLook =>
  (token) => {
    const claims = claimsOf(token);
    if (claims === undefined) return { kind: 'false', message: 'what is shown is no token of a ServiceAccount: that is a JWT' };
    const [, account] = /^system:serviceaccount:([^:]+:[^:]+)$/.exec(String(claims['sub'])) ?? [];
    const wrong = whyFalse(claims, audience, now());
    if (account === undefined || wrong !== undefined)
      return { kind: 'false', message: `the token says that it ${wrong ?? 'is of no ServiceAccount'}` };
    const name = account.replace(':', '/');
    if (isKnown(name)) return undefined;
    return {
      kind: 'unserved',
      message: `the token says that it is of the ServiceAccount ${name}, and no proxies that are known here run as that`,
    };
  };

function whyFalse({ aud, exp, 'kubernetes.io': kubernetes }: Claims, audience: string, now: number): string | undefined {
  if (!listOf(aud).includes(audience)) return `is not for ${audience}`;
  if (typeof exp !== 'number' || exp * 1000 + SKEW_MS < now) return 'has expired';
  return isBoundToPod(kubernetes) ? undefined : 'is not bound to a pod';
}

type Claims = Readonly<Record<string, unknown>>;

/** JWS Compact Serialization (RFC 7515 section 7.1): header, payload and signature. */
const COMPACT = /^[\w-]+\.([\w-]+)\.[\w-]+$/;

function claimsOf(token: string): Claims | undefined {
  const payload = COMPACT.exec(token)?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Claims => typeof value === 'object' && value !== null && !Array.isArray(value);

/** One audience may stand there by itself (RFC 7519, `aud`). */
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function isBoundToPod(kubernetes: unknown): boolean {
  const pod = isObject(kubernetes) ? kubernetes['pod'] : undefined;
  return isObject(pod) && typeof pod['name'] === 'string' && pod['name'] !== '';
}
