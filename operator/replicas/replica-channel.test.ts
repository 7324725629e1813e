import { credentials, ServerCredentials, status } from '@grpc/grpc-js';
import { type CertificatePair, selfSigned } from '../../e2e/harness/self-signed.ts';
import { ResourceCache } from '../../xds/resource-cache.ts';
import { AdsServer } from '../../xds/server.ts';
import { reportOnce } from '../testing/report-once.ts';
import { DeliveriesService } from './deliveries-service.ts';
import { replicaChannel } from './replica-channel.ts';
import { authorizeReplica } from './replica-identity.ts';
import type { Report } from './report.ts';

/** Mutual TLS as it is in a cluster, on loopback. */

const replica = selfSigned('envoy-gateway', 'envoy-gateway.envoy-gateway-system');
const proxy = selfSigned('*.envoy-gateway-system');
const stranger = selfSigned('envoy-gateway');
const trusted = Buffer.from(replica.certificate + proxy.certificate);

let heard: Report[];
let server: AdsServer;
let address: string;

const as = ({ certificate, key }: CertificatePair, ca = trusted) =>
  replicaChannel({ ca, certificate: Buffer.from(certificate), key: Buffer.from(key) });

const say = (channel: ReturnType<typeof replicaChannel>): Promise<status> => reportOnce(address, channel);

const listenAs = async ({ certificate, key }: CertificatePair): Promise<void> => {
  heard = [];
  const service = new DeliveriesService(authorizeReplica);
  service.listen((_stream, report) => heard.push(report));
  server = new AdsServer({ cache: new ResourceCache(), services: [service.service] });
  const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
  address = `127.0.0.1:${await server.listen({ address: '127.0.0.1:0', credentials: ServerCredentials.createSsl(trusted, [pair], true) })}`;
};
afterEach(() => server.close(0));

test('a replica is heard', async () => {
  await listenAs(replica);
  expect(await say(as(replica))).toBe(status.OK);
  expect(heard.map((report) => report.replica)).toEqual(['b']);
});

test('a proxy is not, though its certificate is trusted', async () => {
  await listenAs(replica);
  expect(await say(as(proxy))).toBe(status.PERMISSION_DENIED);
  expect(heard).toEqual([]);
});

test.each([
  ['a foreign certificate with the right name', as(stranger)],
  ['no certificate', { credentials: credentials.createSsl(trusted), options: { 'grpc.ssl_target_name_override': 'envoy-gateway' } }],
  ['no TLS', { credentials: credentials.createInsecure() }],
])('nor is %s', async (_, channel) => {
  await listenAs(replica);
  expect(await say(channel)).toBe(status.UNAVAILABLE);
  expect(heard).toEqual([]);
});

test('nothing is told to a leader that proves another name, or none that is trusted', async () => {
  await listenAs(proxy);
  expect(await say(as(replica))).toBe(status.UNAVAILABLE);
  await server.close(0);
  await listenAs(stranger);
  expect(await say(as(replica))).toBe(status.UNAVAILABLE);
  expect(heard).toEqual([]);
});
