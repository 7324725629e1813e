import { setImmediate as turn } from 'node:timers/promises';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { KubernetesError } from '../cluster/kubernetes-error.ts';
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

function reviewsOf(limits: Partial<ReviewLimits> = {}): TokenReviews {
  const create = (kind: unknown, object: KubernetesObject): Promise<KubernetesObject> => {
    expect(kind).toBe(TOKEN_REVIEW);
    // What is asked is no object of a kind that we read.
    const { spec } = object as unknown as { readonly spec: { readonly token: string; readonly audiences: readonly string[] } };
    expect(spec.audiences).toEqual([AUDIENCE]);
    const { promise, resolve, reject } = Promise.withResolvers<KubernetesObject>();
    asked.push({ token: spec.token, answer: (status) => resolve({ ...object, status } as KubernetesObject), fail: reject });
    return promise;
  };
  return new TokenReviews({ client: { create }, audience: AUDIENCE, now: () => now, limits });
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
  const review = reviewsOf().review('t');
  asked[0]?.answer(verdict);
  expect(await review).toMatchObject({ kind: 'false' });
});

test('a token is reviewed once at a time, and not again for a minute; a false one for ten seconds', async () => {
  const reviews = reviewsOf();
  const many = Array.from({ length: 100 }, () => reviews.review('good'));
  expect(asked).toHaveLength(1);
  asked[0]?.answer(GOOD);
  expect(await Promise.all(many)).toEqual(many.map(() => HOLDER));
  const bad = reviews.review('bad');
  asked[1]?.answer({ authenticated: false });
  await bad;
  now = 9_999;
  expect(await reviews.review('bad')).toMatchObject({ kind: 'false' });
  expect(asked).toHaveLength(2);
  now = 10_000;
  void reviews.review('bad');
  expect(asked.map(({ token }) => token)).toEqual(['good', 'bad', 'bad']);
  now = 59_999;
  expect(await reviews.review('good')).toEqual(HOLDER);
  expect(asked).toHaveLength(3);
  now = 60_000;
  void reviews.review('good');
  expect(asked).toHaveLength(4);
});

test('where the API server cannot be asked the token is neither good nor false, and is asked about again', async () => {
  const reviews = reviewsOf();
  const first = reviews.review('secret');
  asked[0]?.fail(new KubernetesError({ status: 0, reason: 'Unreachable', message: 'POST failed' }));
  const review = await first;
  expect(review).toMatchObject({ kind: 'unknown', message: expect.stringContaining('POST failed') });
  expect(JSON.stringify(review)).not.toContain('secret');
  const second = reviews.review('secret');
  asked[1]?.answer(GOOD);
  expect(await second).toEqual(HOLDER);
});

test('few are asked about at once, the others in their turn; whoever is one too many hears it at once', async () => {
  const reviews = reviewsOf({ maxInFlight: 3, maxWaiting: 20 });
  const all = Array.from({ length: 23 }, (_, i) => reviews.review(`t${i}`));
  expect(await reviews.review('one too many')).toMatchObject({ kind: 'unknown' });
  for (let answered = 0; answered < 23; answered += 1) {
    expect(asked.length).toBeLessThanOrEqual(answered + 3);
    asked[answered]?.answer(GOOD);
    await turn();
  }
  expect(await Promise.all(all)).toEqual(all.map(() => HOLDER));
  // All places are free again.
  for (let i = 0; i < 5; i += 1) void reviews.review(`later${i}`);
  expect(asked).toHaveLength(26);
});

test('a place that a failure had is free again', async () => {
  const reviews = reviewsOf({ maxInFlight: 1 });
  const [first, second] = [reviews.review('a'), reviews.review('b')];
  asked[0]?.fail(new Error('away'));
  expect(await first).toMatchObject({ kind: 'unknown' });
  await turn();
  asked[1]?.answer(GOOD);
  expect(await second).toEqual(HOLDER);
});

test('so many answers are remembered, and the oldest is forgotten first', async () => {
  const reviews = reviewsOf({ maxKnown: 2 });
  for (const token of ['a', 'b', 'c']) {
    const review = reviews.review(token);
    asked.at(-1)?.answer(GOOD);
    await review;
  }
  await reviews.review('b');
  await reviews.review('c');
  expect(asked).toHaveLength(3);
  void reviews.review('a');
  expect(asked).toHaveLength(4);
});
