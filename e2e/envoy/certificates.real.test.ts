import { connect } from 'node:tls';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { tlsSecretYaml } from '../harness/self-signed.ts';
import { makeTestAuthority } from '../harness/test-authority.ts';

let fleet: Fleet;

beforeAll(async () => {
  const [ecdsa, rsa] = await Promise.all([makeTestAuthority(), makeTestAuthority('RSA')]);
  const both = '{ name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: ecdsa }, { name: rsa }] } }';
  fleet = await startFleet({
    objects:
      gatewayYaml(both) +
      tlsSecretYaml('ecdsa', await ecdsa.issue('www.example.com')) +
      tlsSecretYaml('rsa', await rsa.issue('www.example.com', '*.wild.example.com')),
    ports: [443],
  });
}, 60_000);
afterAll(() => fleet.stop());

/** The kind of key in the certificate that a client is shown, which takes these signatures only. */
function shown(sigalgs: string): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const options = { host: '127.0.0.1', port: fleet.port(443), servername: 'www.example.com', rejectUnauthorized: false, sigalgs };
  const socket = connect(options, () => {
    resolve(socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType);
    socket.destroy();
  }).on('error', reject);
  return promise;
}

test('of two certificates for one name a client is shown the one that it can read', async () => {
  expect(await shown('ECDSA+SHA256')).toBe('ec');
  expect(await shown('RSA-PSS+SHA256')).toBe('rsa');
  expect(await shown('ECDSA+SHA256:RSA-PSS+SHA256')).toBe('ec');
});
