import { setImmediate as turn } from 'node:timers/promises';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { KubernetesError } from '../cluster/kubernetes-error.ts';
import type { TokenLook } from './token-look.ts';
import { type ReviewLimits, TOKEN_REVIEW, TokenReviews } from './token-reviews.ts';

const AUDIENCE = 'envoy-gateway.eg.svc.cluster.local';
const GOOD = {
  authenticated: true,
  audiences: [AUDIENCE],
  user: { username: 'system:serviceaccount:apps:gw', extra: { 'authentication.kubernetes.io/pod-name': ['gw-1'] } },
};
const HOLDER = { kind: 'holder', holder: { namespace: 'apps', serviceAccount: 'gw', pod: 'gw-1' } };

interface Asked {
  readonly token: string;
  answer(status: object): void;
  fail(error: Error): void;
}

let asked: Asked[];
let now: number;

beforeEach(() => {
  [asked, now] = [[], 0];
});

const PEER = '10.0.0.1';

function reviewsOf(limits: Partial<ReviewLimits> = {}, look?: TokenLook): TokenReviews {
  const create = (kind: unknown, object: KubernetesObject): Promise<KubernetesObject> => {
    expect(kind).toBe(TOKEN_REVIEW);
    // What is asked is no object of a kind that we read.
    const { spec } = object as unknown as { readonly spec: { readonly token: string; readonly audiences: readonly string[] } };
    expect(spec.audiences).toEqual([AUDIENCE]);
    const { promise, resolve, reject } = Promise.withResolvers<KubernetesObject>();
    asked.push({ token: spec.token, answer: (status) => resolve({ ...object, status } as KubernetesObject), fail: reject });
    return promise;
  };
  return new TokenReviews({ client: { create }, audience: AUDIENCE, now: () => now, limits, ...(look && { look }) });
}

test.each<[string, object]>([
  ['is not authenticated', { ...GOOD, authenticated: false }],
  ['says nothing of it', {}],
  ['has an error', { ...GOOD, error: 'something' }],
  ['knows nothing of audiences', { ...GOOD, audiences: undefined }],
  ['is for another audience', { ...GOOD, audiences: ['https://kubernetes.default.svc', `${AUDIENCE}x`] }],
  ['is of a person', { ...GOOD, user: { ...GOOD.user, username: 'admin' } }],
  ['is of a name that only looks like a ServiceAccount', { ...GOOD, user: { ...GOOD.user, username: 'x:system:serviceaccount:apps:gw' } }],
  ['is of a name with too many parts', { ...GOOD, user: { ...GOOD.user, username: 'system:serviceaccount:apps:gw:x' } }],
  ['is of no pod', { ...GOOD, user: { ...GOOD.user, extra: {} } }],
  ['is of an empty pod', { ...GOOD, user: { ...GOOD.user, extra: { 'authentication.kubernetes.io/pod-name': [''] } } }],
  ['is of two pods', { ...GOOD, user: { ...GOOD.user, extra: { 'authentication.kubernetes.io/pod-name': ['gw-1', 'gw-2'] } } }],
  ['has no user', { ...GOOD, user: undefined }],
])('a token is false whose review %s', async (_what, verdict) => {
  const review = reviewsOf().review('t', PEER);
  asked[0]?.answer(verdict);
  expect(await review).toMatchObject({ kind: 'false' });
});

test('a token is reviewed once at a time, and not again for a minute; a false one for ten seconds', async () => {
  const reviews = reviewsOf();
  const many = Array.from({ length: 100 }, () => reviews.review('good', PEER));
  expect(asked).toHaveLength(1);
  asked[0]?.answer(GOOD);
  expect(await Promise.all(many)).toEqual(many.map(() => HOLDER));
  const bad = reviews.review('bad', PEER);
  asked[1]?.answer({ authenticated: false });
  await bad;
  now = 9_999;
  expect(await reviews.review('bad', PEER)).toMatchObject({ kind: 'false' });
  expect(asked).toHaveLength(2);
  now = 10_000;
  void reviews.review('bad', PEER);
  expect(asked.map(({ token }) => token)).toEqual(['good', 'bad', 'bad']);
  now = 59_999;
  expect(await reviews.review('good', PEER)).toEqual(HOLDER);
  expect(asked).toHaveLength(3);
  now = 60_000;
  void reviews.review('good', PEER);
  expect(asked).toHaveLength(4);
});

test('where the API server cannot be asked the token is neither good nor false, and is asked about again', async () => {
  const reviews = reviewsOf();
  const first = reviews.review('secret', PEER);
  asked[0]?.fail(new KubernetesError({ status: 0, reason: 'Unreachable', message: 'POST failed' }));
  const review = await first;
  expect(review).toMatchObject({ kind: 'unknown', message: expect.stringContaining('POST failed') });
  expect(JSON.stringify(review)).not.toContain('secret');
  const second = reviews.review('secret', PEER);
  asked[1]?.answer(GOOD);
  expect(await second).toEqual(HOLDER);
});

test('few are asked about at once, the others in their turn; whoever is one too many hears it at once', async () => {
  const reviews = reviewsOf({ maxInFlight: 3, maxInFlightOfOne: 3, maxWaitingOfOne: 20 });
  const all = Array.from({ length: 23 }, (_, i) => reviews.review(`t${i}`, PEER));
  expect(await reviews.review('one too many', PEER)).toMatchObject({ kind: 'busy' });
  for (let answered = 0; answered < 23; answered += 1) {
    expect(asked.length).toBeLessThanOrEqual(answered + 3);
    asked[answered]?.answer(GOOD);
    await turn();
  }
  expect(await Promise.all(all)).toEqual(all.map(() => HOLDER));
  // All places are free again, also that of the one which had none.
  for (let i = 0; i < 5; i += 1) void reviews.review(`later${i}`, PEER);
  expect(asked).toHaveLength(26);
  asked[23]?.answer(GOOD);
  const again = reviews.review('one too many', PEER);
  for (let answered = 24; answered < 29; answered += 1) {
    await turn();
    asked[answered]?.answer(GOOD);
  }
  expect(await again).toEqual(HOLDER);
});

test('whoever shows many tokens that nobody answers for delays nobody else, nor drives out what is known of others', async () => {
  const reviews = reviewsOf({ maxKnown: 64 });
  const good = reviews.review('good', PEER);
  asked[0]?.answer(GOOD);
  await good;
  const flood = (count: number, from: string): Promise<object>[] =>
    Array.from({ length: count }, (_, i) => reviews.review(`${from}-${i}`, from));
  const junk = flood(600, 'flood');
  // Half of the places are left.
  expect(asked).toHaveLength(5);
  const others = Array.from({ length: 4 }, (_, i) => reviews.review(`other${i}`, `10.0.1.${i}`));
  expect(asked.slice(5).map(({ token }) => token)).toEqual(others.map((_, i) => `other${i}`));
  for (const { answer } of asked.slice(5)) answer(GOOD);
  expect(await Promise.all(others)).toEqual(others.map(() => HOLDER));
  for (let answered = 1; answered < asked.length; answered += 1) {
    asked[answered]?.answer({ authenticated: false });
    await turn();
  }
  const kinds = Map.groupBy(await Promise.all(junk), (review) => Reflect.get(review, 'kind'));
  expect([kinds.get('false')?.length, kinds.get('busy')?.length]).toEqual([516, 84]);
  const before = asked.length;
  expect(await reviews.review('good', PEER)).toEqual(HOLDER);
  expect(asked).toHaveLength(before);
});

test('what can be ruled out by a look is not asked about', async () => {
  const ruledOut = { kind: 'unserved', message: 'not ours' } as const;
  const reviews = reviewsOf({}, (token) => (token.startsWith('junk') ? ruledOut : undefined));
  expect(await Promise.all(Array.from({ length: 5000 }, (_, i) => reviews.review(`junk${i}`, PEER)))).toEqual(
    Array.from({ length: 5000 }, () => ruledOut),
  );
  expect(asked).toEqual([]);
  void reviews.review('good', PEER);
  expect(asked).toHaveLength(1);
});

test('a place that a failure had is free again', async () => {
  const reviews = reviewsOf({ maxInFlight: 1 });
  const [first, second] = [reviews.review('a', PEER), reviews.review('b', PEER)];
  asked[0]?.fail(new Error('away'));
  expect(await first).toMatchObject({ kind: 'unknown' });
  await turn();
  asked[1]?.answer(GOOD);
  expect(await second).toEqual(HOLDER);
});

test('so many answers are remembered, and the oldest is forgotten first', async () => {
  const reviews = reviewsOf({ maxKnown: 2 });
  for (const token of ['a', 'b', 'c']) {
    const review = reviews.review(token, PEER);
    asked.at(-1)?.answer(GOOD);
    await review;
  }
  await reviews.review('b', PEER);
  await reviews.review('c', PEER);
  expect(asked).toHaveLength(3);
  void reviews.review('a', PEER);
  expect(asked).toHaveLength(4);
});
