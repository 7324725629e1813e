import type { NodeIdentity, Peer, Verdict } from '../../xds/node-identity.ts';
import { tokenAuthorization } from './token-authorization.ts';
import type { Review } from './token-reviews.ts';

const REVIEWS: Readonly<Record<string, Review>> = {
  own: { kind: 'holder', holder: { namespace: 'apps', serviceAccount: 'gw', pod: 'gw-1' } },
  sibling: { kind: 'holder', holder: { namespace: 'apps', serviceAccount: 'other', pod: 'gw-1' } },
  namesake: { kind: 'holder', holder: { namespace: 'elsewhere', serviceAccount: 'gw', pod: 'gw-1' } },
  false: { kind: 'false', message: 'the token is not for us: <inside>' },
  unknown: { kind: 'unknown', message: 'POST https://10.0.0.1 failed' },
  unserved: { kind: 'unserved', message: 'nobody runs as <inside>' },
  busy: { kind: 'busy', message: 'too many' },
};

let said: string[];
let now: number;

beforeEach(() => {
  [said, now] = [[], 0];
});

const logger = { info: () => undefined, warn: (message: string) => said.push(message), error: () => undefined };

const build = () =>
  tokenAuthorization({
    reviews: { review: async (token) => REVIEWS[token] ?? { kind: 'unknown', message: '' } },
    proxyIdentityOf: (fleet) =>
      fleet.startsWith('apps/') ? { namespace: 'apps', serviceAccount: fleet.slice('apps/'.length) } : undefined,
    otherwise: () => ({ ok: false, message: 'by its certificate' }),
    logger,
    now: () => now,
  });

const node = (fleet = 'apps/gw', id = 'gw-1'): NodeIdentity => ({ id, fleet, envoyVersion: '1.40.0' });
const peer = (bearer?: string, certificate?: Peer['certificate']): Peer => ({ address: '10.0.0.1:4000', certificate, bearer });
const judge = async (who: NodeIdentity, shown: Peer): Promise<Verdict> => build().authorize(who, shown);

test('the pod of the ServiceAccount of the fleet is let in', async () => {
  expect(await judge(node(), peer('own'))).toEqual({ ok: true });
  expect(said).toEqual([]);
});

test.each<[string, string, NodeIdentity, object]>([
  [
    'own',
    'another pod',
    node('apps/gw', 'gw-2'),
    { message: expect.stringMatching(/apps\/gw and the pod gw-1, and the node says that it is gw-2/) },
  ],
  [
    'own',
    'another fleet',
    node('apps/other'),
    { message: expect.stringMatching(/the proxies of apps\/other run as another ServiceAccount/) },
  ],
  ['own', 'an unknown fleet', node('else/where'), { why: 'unavailable', message: expect.stringMatching(/no fleet else\/where is known/) }],
  ['sibling', 'the fleet of another ServiceAccount', node(), { message: expect.stringMatching(/run as another ServiceAccount/) }],
  ['namesake', 'the fleet of the same name elsewhere', node(), { message: expect.stringMatching(/run as another ServiceAccount/) }],
  ['false', 'anything', node(), { why: 'unauthenticated', message: expect.not.stringContaining('inside') }],
  ['unserved', 'anything', node(), { why: 'unavailable', message: expect.not.stringContaining('inside') }],
  ['busy', 'anything at present', node(), { why: 'unavailable', message: expect.stringMatching(/too many tokens from this address/) }],
  ['unknown', 'anything while the API server is away', node(), { why: 'unavailable', message: expect.not.stringContaining('10.0.0.1') }],
])('the token %s is not for %s', async (token, _what, who, refusal) => {
  expect(await judge(who, peer(token))).toMatchObject({ ok: false, ...refusal });
  expect(said).toEqual([expect.stringMatching(/^A proxy is refused: /)]);
});

test('without a token the certificate decides; with one it does not help; without both there is nothing', async () => {
  const certificate = { subject: {}, subjectaltname: 'DNS:*.envoy-gateway-system' };
  expect(await judge(node(), peer(undefined, certificate))).toEqual({ ok: false, message: 'by its certificate' });
  expect(await judge(node(), peer('false', certificate))).toMatchObject({ ok: false, why: 'unauthenticated' });
  expect(await judge(node(), peer())).toMatchObject({ ok: false, why: 'unauthenticated', message: expect.stringMatching(/neither/) });
});

test('turns are of addresses, whichever connection the token comes by', async () => {
  const peers: string[] = [];
  const { authenticate } = tokenAuthorization({
    reviews: {
      review: async (_token, of) => {
        peers.push(of);
        return { kind: 'busy', message: '' };
      },
    },
    proxyIdentityOf: () => undefined,
    otherwise: () => ({ ok: true }),
    logger,
  });
  for (const address of ['10.0.0.1:4000', '10.0.0.1:4001', '::ffff:10.0.0.2:4000', 'fd00::1:4000', 'unknown']) {
    await authenticate({ address, certificate: undefined, bearer: 'x' });
  }
  expect(peers).toEqual(['10.0.0.1', '10.0.0.1', '::ffff:10.0.0.2', 'fd00::1', 'unknown']);
  expect(said).toHaveLength(1);
});

test('refusals of one kind are told once a minute, whatever is asked for; what came of it is in the log alone', async () => {
  const { authorize } = build();
  for (const fleet of ['apps/a', 'apps/b', 'c']) await authorize(node(fleet), peer('own'));
  expect(said).toHaveLength(1);
  await authorize(node(), peer('false'));
  await authorize(node(), peer('false'));
  expect(said.slice(1)).toEqual([expect.stringContaining('<inside>')]);
  now = 60_000;
  await authorize(node(), peer('false'));
  expect(said).toHaveLength(3);
});

test('what a client says of itself is on one line', async () => {
  await judge(node('x\nforged: line'), peer('own'));
  expect(said).toEqual([expect.not.stringContaining('\n')]);
});

test('before a word is read, whoever has no proof at all is refused', async () => {
  const { authenticate } = build();
  const certificate = { subject: {}, subjectaltname: 'DNS:anything' };
  expect(await authenticate(peer('sibling'))).toEqual({ ok: true });
  expect(await authenticate(peer(undefined, certificate))).toEqual({ ok: true });
  expect(await authenticate(peer('false', certificate))).toMatchObject({ ok: false, why: 'unauthenticated' });
  expect(await authenticate(peer('unknown'))).toMatchObject({ ok: false, why: 'unavailable' });
  expect(await authenticate(peer())).toMatchObject({ ok: false, why: 'unauthenticated' });
  expect(said).toHaveLength(3);
});
