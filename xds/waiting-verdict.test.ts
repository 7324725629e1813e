import { setImmediate as turn } from 'node:timers/promises';
import { bearerOf, type NodeIdentity, type Peer, type Verdict } from './node-identity.ts';
import { DeltaClient, type Way } from './testing/delta-client.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

/** Streams of proxies about whom somebody has to be asked first. */

interface Question {
  readonly node: NodeIdentity;
  readonly peer: Peer;
  answer(verdict: Verdict): void;
  fail(error: Error): void;
}

let server: TestServer;
let questions: Question[];
let errors: unknown[];
let clients: DeltaClient[];
let bytes: number;

beforeEach(async () => {
  [questions, errors, clients, bytes] = [[], [], [], 0];
  const authorize = (node: NodeIdentity, peer: Peer): Verdict | Promise<Verdict> => {
    if (node.id === 'known') return { ok: true };
    const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
    questions.push({ node, peer, answer: resolve, fail: reject });
    return promise;
  };
  server = await startTestServer({ authorize, onError: (error) => errors.push(error) });
  server.cache.update('fleet', []);
});
afterEach(async () => {
  for (const client of clients) client.close();
  await server.close();
});

function connect(id: string, way: Partial<Way> = {}): DeltaClient {
  const client = new DeltaClient(server.target, { id }, { onBytes: (some) => (bytes += some.length), ...way });
  clients.push(client);
  return client;
}

async function asked(count = 1): Promise<Question> {
  for (let question = questions[count - 1]; ; question = questions[count - 1]) {
    if (question !== undefined) return question;
    await turn();
  }
}

test('nothing is answered before the verdict, whatever comes meanwhile; then everything is', async () => {
  const client = connect('p');
  client.ask('cluster', { subscribe: ['*'] });
  const question = await asked();
  for (let i = 0; i < 200; i += 1) client.ask('routeConfiguration', { subscribe: [`r${i}`] });
  // A proxy that needs nobody's verdict is served in the meantime: all that was to be sent by now has been.
  const known = connect('known', { onBytes: () => undefined });
  known.ask('cluster', { subscribe: ['*'] });
  expect(await known.take('cluster')).toHaveLength(1);
  expect(bytes).toBe(0);
  expect(server.server.fleetState('fleet').nodes.map(({ node }) => node)).toEqual(['known']);
  question.answer({ ok: true });
  expect(await client.take('cluster')).toHaveLength(1);
  expect(questions).toHaveLength(1);
  expect(
    server.server
      .fleetState('fleet')
      .nodes.map(({ node }) => node)
      .sort(),
  ).toEqual(['known', 'p']);
});

test('the token comes with the question', async () => {
  connect('p', { authorization: 'Bearer a.b-c_d' }).ask('cluster');
  expect((await asked()).peer.bearer).toBe('a.b-c_d');
  connect('q').ask('cluster');
  expect((await asked(2)).peer.bearer).toBeUndefined();
});

test.each([
  ['unauthenticated', 16],
  ['unavailable', 14],
  [undefined, 7],
] as const)('a refusal that says %s ends the stream with %d', async (why, code) => {
  const client = connect('p');
  client.ask('cluster', { subscribe: ['*'] });
  (await asked()).answer({ ok: false, message: 'no', ...(why === undefined ? {} : { why }) });
  expect(await client.ended()).toEqual({ code, details: 'no' });
  expect(bytes).toBe(0);
});

test('a verdict that takes too long is none, and comes too late', async () => {
  const client = connect('p');
  client.ask('cluster', { subscribe: ['*'] });
  const question = await asked();
  server.clock.advance(9_999);
  expect(client.status).toBeUndefined();
  server.clock.advance(1);
  expect(await client.ended()).toMatchObject({ code: 14 });
  question.answer({ ok: true });
  await turn();
  expect(bytes).toBe(0);
  expect(server.server.fleetState('fleet').nodes).toEqual([]);
});

test('where the verdict fails, nobody is let in', async () => {
  const client = connect('p');
  client.ask('cluster', { subscribe: ['*'] });
  (await asked()).fail(new Error('a bug'));
  expect(await client.ended()).toMatchObject({ code: 13, details: 'internal error of the xDS server' });
  expect(errors).toEqual([new Error('a bug')]);
  expect(bytes).toBe(0);
});

test('of a proxy that goes before its verdict nothing is left', async () => {
  const client = connect('p');
  client.ask('cluster', { subscribe: ['*'] });
  const question = await asked();
  expect(server.clock.waiting).toBe(1);
  client.close();
  while (server.clock.waiting > 0) await turn();
  question.answer({ ok: true });
  await turn();
  expect(server.server.fleetState('fleet').nodes).toEqual([]);
});

describe('before anything is read', () => {
  /** The length of a message that does not fit into the transport's window. */
  const LONG = 8_000_000;
  let waits: ((verdict: Verdict) => void)[];
  let strict: TestServer;

  beforeEach(async () => {
    waits = [];
    const authenticate = ({ bearer }: Peer): Verdict | Promise<Verdict> => {
      if (bearer === undefined) return { ok: false, why: 'unauthenticated', message: 'who are you?' };
      if (bearer === 'friend') return { ok: true };
      return new Promise((resolve) => waits.push(resolve));
    };
    const authorize = (node: NodeIdentity): Verdict => ({ ok: node.id === 'p', message: 'not p' });
    strict = await startTestServer({ authenticate, authorize });
    strict.cache.update('fleet', []);
  });
  afterEach(() => strict.close());

  const come = (id: string, way: Partial<Way>): DeltaClient => {
    const client = new DeltaClient(strict.target, { id }, way);
    clients.push(client);
    return client;
  };

  test('a stranger is refused at once', async () => {
    expect(await come('p', {}).ended()).toEqual({ code: 16, details: 'who are you?' });
  });

  test('what waits is not taken in, and is read when the peer is known; whom it may be is judged then', async () => {
    const [client, other] = [come('p', { authorization: 'Bearer t' }), come('q', { authorization: 'Bearer t' })];
    client.ask('cluster', { subscribe: ['*', 'x'.repeat(LONG)] });
    other.ask('cluster');
    while (waits.length < 2) await turn();
    // Who need not wait says as much, and is answered.
    const friend = come('p', { authorization: 'Bearer friend' });
    friend.ask('cluster', { subscribe: ['*', 'x'.repeat(LONG)] });
    expect((await friend.take('cluster')).length).toBeGreaterThan(0);
    expect(friend.unsent).toBe(0);
    expect([client.unsent, other.unsent]).toEqual([1, 0]);
    for (const answer of waits) answer({ ok: true });
    expect((await client.take('cluster')).length).toBeGreaterThan(0);
    expect(await other.ended()).toMatchObject({ code: 7, details: 'not p' });
  });

  test('of one who is not let in it is never read', async () => {
    const client = come('p', { authorization: 'Bearer t' });
    client.ask('cluster');
    while (waits.length < 1) await turn();
    strict.clock.advance(10_000);
    expect(await client.ended()).toMatchObject({ code: 14 });
  });
});

test.each<[readonly (string | Buffer)[], string | undefined]>([
  [['Bearer abc.def-_~+/=='], 'abc.def-_~+/=='],
  [['bearer abc'], 'abc'],
  [[], undefined],
  [['Bearer '], undefined],
  [['Bearer a b'], undefined],
  [['Basic abc'], undefined],
  [['abc'], undefined],
  [['Bearer abc', 'Bearer def'], undefined],
  [[Buffer.from('Bearer abc')], undefined],
  [[`Bearer ${'a'.repeat(20_000)}`], undefined],
])('the metadata %j has the token %s', (values, token) => {
  expect(bearerOf(values)).toBe(token);
});
