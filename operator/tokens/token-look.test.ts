import { tokenLook } from './token-look.ts';

const AUDIENCE = 'envoy-gateway.eg.svc.cluster.local';
const NOW = 1_800_000_000_000;
const CLAIMS = {
  aud: [AUDIENCE],
  exp: NOW / 1000 + 3600,
  iss: 'https://kubernetes.default.svc',
  sub: 'system:serviceaccount:apps:gw',
  'kubernetes.io': { namespace: 'apps', pod: { name: 'gw-1', uid: 'u' }, serviceaccount: { name: 'gw', uid: 'u' } },
};

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (payload: unknown): string => `${part({ alg: 'RS256' })}.${part(payload)}.c2lnbmF0dXJl`;
const look = tokenLook({ audience: AUDIENCE, isKnown: (account) => account === 'apps/gw', now: () => NOW });

test.each<[string, object]>([
  ['as it should be', {}],
  ['with one audience by itself', { aud: AUDIENCE }],
  ['for others too', { aud: ['https://kubernetes.default.svc', AUDIENCE] }],
  ['that ended by the clock of this machine, which may be fast', { exp: NOW / 1000 - 299 }],
])('a token %s may be good', (_what, claims) => {
  expect(look(tokenOf({ ...CLAIMS, ...claims }))).toBeUndefined();
});

test.each<[string, string, RegExp]>([
  ['no JWT', 'secret', /no token of a ServiceAccount/],
  ['four parts', `${tokenOf(CLAIMS)}.x`, /no token of a ServiceAccount/],
  ['no signature', `${part({})}.${part(CLAIMS)}.`, /no token of a ServiceAccount/],
  ['no JSON', 'a.b.c', /no token of a ServiceAccount/],
  ['no object', tokenOf([CLAIMS]), /no token of a ServiceAccount/],
  ['another audience', tokenOf({ ...CLAIMS, aud: [`${AUDIENCE}x`] }), /not for envoy-gateway/],
  ['no audience', tokenOf({ ...CLAIMS, aud: undefined }), /not for envoy-gateway/],
  ['its end long ago', tokenOf({ ...CLAIMS, exp: NOW / 1000 - 301 }), /has expired/],
  ['no end', tokenOf({ ...CLAIMS, exp: undefined }), /has expired/],
  ['a person', tokenOf({ ...CLAIMS, sub: 'admin' }), /of no ServiceAccount/],
  ['no subject', tokenOf({ ...CLAIMS, sub: undefined }), /of no ServiceAccount/],
  ['no pod', tokenOf({ ...CLAIMS, 'kubernetes.io': { namespace: 'apps' } }), /not bound to a pod/],
  ['nothing of Kubernetes', tokenOf({ ...CLAIMS, 'kubernetes.io': undefined }), /not bound to a pod/],
])('with %s it is ruled out', (_what, token, why) => {
  const review = look(token);
  expect(review).toMatchObject({ kind: 'false', message: expect.stringMatching(why) });
  expect(JSON.stringify(review)).not.toContain(token);
});

test('one of a ServiceAccount that no proxies run as may come again: they may come to be', () => {
  expect(look(tokenOf({ ...CLAIMS, sub: 'system:serviceaccount:apps:other' }))).toMatchObject({
    kind: 'unserved',
    message: expect.stringContaining('apps/other'),
  });
});
