import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { credentials, status } from '@grpc/grpc-js';
import { type CertificatePair, selfSigned, selfSignedUntil } from '../../e2e/harness/self-signed.ts';
import { writeXdsCertificates, type XdsCertificates } from '../../e2e/harness/xds-certificates.ts';
import { ResourceCache } from '../../xds/resource-cache.ts';
import { AdsServer } from '../../xds/server.ts';
import { DeltaClient, type Way } from '../../xds/testing/delta-client.ts';
import { CertificateFolder } from '../certificates/certificate-folder.ts';
import { proxyAuthorization } from '../certificates/proxy-authorization.ts';
import { DeliveriesService } from '../replicas/deliveries-service.ts';
import { authorizeReplica } from '../replicas/replica-identity.ts';
import { reportOnce } from '../testing/report-once.ts';
import { tokenAuthorization } from './token-authorization.ts';

/** The xDS server where proxies show tokens, and others the certificates that they have: by TLS on loopback. */

const NAMESPACE = 'envoy-gateway-system';
const FLEET = 'default/eg';
const elsewhere = selfSigned('*.default');
const expired = selfSignedUntil('210101000000Z', `*.${NAMESPACE}`);
const [stranger, falseReplica] = [selfSigned(`*.${NAMESPACE}`), selfSigned('envoy-gateway')];
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

let certs: XdsCertificates;
let certificates: CertificateFolder;
let ads: AdsServer;
let address: string;
let heard: string[];
let clients: DeltaClient[];

beforeEach(async () => {
  [heard, clients] = [[], []];
  certs = await writeXdsCertificates(NAMESPACE);
  const ca = [certs.server, certs.proxy, elsewhere, expired].map(({ certificate }) => certificate).join('');
  await writeFile(join(certs.folder, 'ca.crt'), ca);
  certificates = await CertificateFolder.open(certs.folder, quiet);
  const cache = new ResourceCache();
  cache.update(FLEET, []);
  const admission = tokenAuthorization({
    reviews: {
      review: async (token) =>
        token === 'good'
          ? { kind: 'holder', holder: { namespace: 'default', serviceAccount: 'eg', pod: 'pod-1' } }
          : { kind: 'false', message: '' },
    },
    proxyIdentityOf: () => ({ namespace: 'default', serviceAccount: 'eg' }),
    otherwise: proxyAuthorization(NAMESPACE, quiet),
    logger: quiet,
  });
  const deliveries = new DeliveriesService(authorizeReplica);
  deliveries.listen((_stream, { replica }) => heard.push(replica));
  ads = new AdsServer({ cache, ...admission, services: [deliveries.service] });
  address = `127.0.0.1:${await ads.listen({ address: '127.0.0.1:0', credentials: certificates.serverCredentials('optional') })}`;
});
afterEach(async () => {
  for (const client of clients) client.close();
  await ads.close(0);
  certificates.close();
  await certs.remove();
});

const channel = (pair?: CertificatePair): Way['channel'] => ({
  credentials: credentials.createSsl(
    Buffer.from(certs.server.certificate),
    pair === undefined ? null : Buffer.from(pair.key),
    pair === undefined ? null : Buffer.from(pair.certificate),
  ),
  options: { 'grpc.ssl_target_name_override': 'envoy-gateway', 'grpc.default_authority': 'envoy-gateway' },
});

async function fate(pair: CertificatePair | undefined, way: Partial<Way> = {}): Promise<unknown> {
  const client = new DeltaClient(address, { id: 'pod-1', cluster: FLEET }, { channel: channel(pair), ...way });
  clients.push(client);
  client.ask('cluster', { subscribe: ['*'] });
  await client.settle();
  return client.status?.code ?? 'served';
}

const withToken = (token: string): Partial<Way> => ({ authorization: `Bearer ${token}` });

test('who has a token is served by it, who has a certificate of the CA by that', async () => {
  expect(await fate(undefined, withToken('good'))).toBe('served');
  expect(await fate(undefined, withToken('bad'))).toBe(status.UNAUTHENTICATED);
  expect(await fate(certs.proxy)).toBe('served');
  expect(await fate(elsewhere)).toBe(status.PERMISSION_DENIED);
});

test.each<[string, () => CertificatePair | undefined]>([
  ['no certificate', () => undefined],
  ['one of another CA', () => stranger],
  ['one that has expired', () => expired],
])('%s and no token is no proof, and nothing is served without TLS', async (_what, pair) => {
  expect(await fate(pair())).toBe(status.UNAUTHENTICATED);
  expect(await fate(undefined, { ...withToken('good'), channel: { credentials: credentials.createInsecure() } })).toBe(status.UNAVAILABLE);
});

/** A call without a message, by a connection that takes up `session`; resolves with gRPC's status, and the session that may be taken up next. */
async function called(pair: CertificatePair | undefined, session?: Buffer): Promise<Called> {
  const port = Number(address.split(':')[1]);
  const shown = pair === undefined ? {} : { cert: pair.certificate, key: pair.key };
  const trust = { ca: certs.server.certificate, servername: 'envoy-gateway', ALPNProtocols: ['h2'] };
  const socket = connectTls({ port, host: '127.0.0.1', ...trust, ...shown, ...(session && { session }) });
  // A session that is taken up again need not bring another.
  const next = session ?? once(socket, 'session').then(([ticket]) => ticket);
  const http2 = connectHttp2(`https://${address}`, { createConnection: () => socket });
  try {
    const call = http2.request({
      ':method': 'POST',
      ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const [headers] = await once(call, 'response');
    return { status: Number(headers['grpc-status']), resumed: socket.isSessionReused(), session: await next };
  } finally {
    http2.destroy();
  }
}

interface Called {
  readonly status: number;
  readonly resumed: boolean;
  readonly session: Buffer;
}

test.each<[string, () => CertificatePair | undefined]>([
  ['no certificate', () => undefined],
  ['one of another CA', () => stranger],
])('with %s a TLS session that is taken up again is no proof either', async (_what, pair) => {
  const first = await called(pair());
  expect(first).toMatchObject({ status: status.UNAUTHENTICATED, resumed: false });
  expect(await called(pair(), first.session)).toMatchObject({ status: status.UNAUTHENTICATED, resumed: true });
});

test('other methods tell nothing, whatever is shown', async () => {
  const fateOf = (method: string): Promise<unknown> => fate(certs.proxy, { method, ...withToken('good') });
  const service = '/envoy.service.discovery.v3.AggregatedDiscoveryService';
  expect(await fateOf(`${service}/StreamAggregatedResources`)).toBe(status.UNIMPLEMENTED);
  expect(await fateOf('/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets')).toBe(status.UNIMPLEMENTED);
  expect(await fateOf('/envoy.service.secret.v3.SecretDiscoveryService/FetchSecrets')).toBe(status.UNIMPLEMENTED);
});

const report = (pair: CertificatePair | undefined): Promise<status> => reportOnce(address, channel(pair));

test('replicas are still known by their certificate alone', async () => {
  expect(await report(certs.server)).toBe(status.OK);
  expect(heard).toEqual(['b']);
  for (const pair of [undefined, certs.proxy, stranger, falseReplica]) expect(await report(pair)).toBe(status.PERMISSION_DENIED);
  expect(heard).toEqual(['b']);
});
