import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { ServerCredentials, status } from '@grpc/grpc-js';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { ResourceCache } from '../../xds/resource-cache.ts';
import { AdsServer } from '../../xds/server.ts';
import { DeltaClient } from '../../xds/testing/delta-client.ts';
import { tokenAuthorization } from './token-authorization.ts';
import { TokenReviews } from './token-reviews.ts';

/** Many connections from one address of this machine, each with tokens that are none, and an API server that does not answer for them. */

const AUDIENCE = 'envoy-gateway.eg.svc.cluster.local';
const CONNECTIONS = 150;
const STREAMS = 4;
/** Those under way and those that wait, of one address. */
const HEARD_OUT = 4 + 512;

const GOOD = {
  authenticated: true,
  audiences: [AUDIENCE],
  user: { username: 'system:serviceaccount:default:eg', extra: { 'authentication.kubernetes.io/pod-name': ['pod-1'] } },
};

interface Question {
  readonly spec: { readonly token: string };
}

let ads: AdsServer;
let address: string;
let said: string[];
let answerJunk: () => void;
let sessions: ClientHttp2Session[];

beforeEach(async () => {
  [said, sessions] = [[], []];
  const cache = new ResourceCache();
  cache.update('default/eg', []);
  const { promise: junkAnswered, resolve } = Promise.withResolvers<void>();
  answerJunk = resolve;
  const create = async (_kind: unknown, object: KubernetesObject): Promise<KubernetesObject> => {
    // What is asked is no object of a kind that we read.
    const { token } = (object as unknown as Question).spec;
    if (token !== 'good') await junkAnswered;
    return { ...object, status: token === 'good' ? GOOD : {} } as KubernetesObject;
  };
  const admission = tokenAuthorization({
    reviews: new TokenReviews({ client: { create }, audience: AUDIENCE }),
    proxyIdentityOf: () => ({ namespace: 'default', serviceAccount: 'eg' }),
    otherwise: () => ({ ok: false, message: '' }),
    logger: { info: () => undefined, warn: (message: string) => said.push(message), error: () => undefined },
  });
  ads = new AdsServer({ cache, ...admission });
  address = `127.0.0.1:${await ads.listen({ address: '127.0.0.1:0', credentials: ServerCredentials.createInsecure() })}`;
});
afterEach(async () => {
  for (const session of sessions) session.destroy();
  await ads.close(0);
});

/** A connection from an address of its own, and gRPC's status of each of its calls. */
function connection(from: string, tokens: readonly string[]): readonly Promise<number>[] {
  const port = Number(address.split(':')[1]);
  const session = connectHttp2(`http://${address}`, { createConnection: () => connect({ port, host: '127.0.0.1', localAddress: from }) });
  session.on('error', () => undefined);
  sessions.push(session);
  return tokens.map((token) => {
    const call = session.request({
      ':method': 'POST',
      ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${token}`,
    });
    call.on('error', () => undefined);
    return new Promise((resolve) => call.once('response', (headers) => resolve(Number(headers['grpc-status']))));
  });
}

test('a flood of tokens from one address delays no proxy of another, and what of it is too much hears so', async () => {
  const fates = Array.from({ length: CONNECTIONS }, (_, i) =>
    connection(
      '127.0.0.2',
      Array.from({ length: STREAMS }, (_each, j) => `junk-${i}-${j}`),
    ),
  ).flat();
  const tooMany = CONNECTIONS * STREAMS - HEARD_OUT;
  const turnedAway: number[] = [];
  await new Promise<void>((resolve) => {
    for (const fate of fates)
      void fate.then((code) => {
        turnedAway.push(code);
        if (turnedAway.length === tooMany) resolve();
      });
  });
  expect(new Set(turnedAway)).toEqual(new Set([status.UNAVAILABLE]));
  expect(said).toEqual([expect.stringMatching(/too many tokens that this address shows wait for their review/)]);
  const proxies = Array.from(
    { length: 20 },
    () => new DeltaClient(address, { id: 'pod-1', cluster: 'default/eg' }, { authorization: 'Bearer good' }),
  );
  for (const proxy of proxies) {
    proxy.ask('cluster', { subscribe: ['*'] });
    await proxy.settle();
    expect(proxy.status?.code ?? 'served').toBe('served');
    proxy.close();
  }
  expect(turnedAway).toHaveLength(tooMany);
  answerJunk();
  const codes = Map.groupBy(await Promise.all(fates), (code) => code);
  expect(codes.get(status.UNAUTHENTICATED)?.length).toBe(HEARD_OUT);
}, 30_000);
