import { createPrivateKey } from 'node:crypto';
import { ED25519, EXPIRED, OTHER, SECP256K1, SECURE, WEAK } from '../../testing/certificates.ts';
import { parseKeyPair } from './certificate.ts';

const sec1 = (pem: string): string => createPrivateKey(pem).export({ type: 'sec1', format: 'pem' }).toString();
const encrypted = (pem: string): string =>
  createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString();
const encryptedSec1 = (pem: string): string =>
  createPrivateKey(pem).export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString();

test('a pair that fits comes back as it was, with the end of its life', () => {
  expect(parseKeyPair(SECURE.certificate, SECURE.key)).toEqual({
    ok: true,
    pair: { certificateChain: SECURE.certificate, privateKey: SECURE.key, notAfter: Date.UTC(2056, 0, 1), names: ['secure.example.com'] },
  });
});

test('what stands round the blocks is left out', () => {
  const key = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1(SECURE.key)}`;
  const parsed = parseKeyPair(`subject=CN = secure\n${SECURE.certificate}\n\nmore\n${OTHER.certificate}`, key);
  expect(parsed).toMatchObject({
    ok: true,
    pair: { certificateChain: SECURE.certificate + OTHER.certificate, privateKey: sec1(SECURE.key) },
  });
});

test('a chain lives as long as the first of its certificates that ends', () => {
  expect(parseKeyPair(SECURE.certificate + EXPIRED.certificate, SECURE.key)).toMatchObject({ pair: { notAfter: Date.UTC(2026, 5, 1) } });
});

const BROKEN = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n';
const BROKEN_KEY = '-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n';

test.each([
  ['no certificate', '', SECURE.key, 'tls.crt holds no PEM certificate'],
  ['a broken certificate', BROKEN, SECURE.key, 'certificate 1 of tls.crt cannot be read'],
  ['a broken second certificate', SECURE.certificate + BROKEN, SECURE.key, 'certificate 2 of tls.crt cannot be read'],
  ['no key', SECURE.certificate, '', 'tls.key holds no PEM private key'],
  ['a certificate for a key', SECURE.certificate, SECURE.certificate, 'tls.key holds no PEM private key'],
  ['a broken key', SECURE.certificate, BROKEN_KEY, 'tls.key cannot be read as a private key'],
  ['a key with a passphrase', SECURE.certificate, encrypted(SECURE.key), 'tls.key is encrypted, and has to be without a passphrase'],
  ['one of the older form', SECURE.certificate, encryptedSec1(SECURE.key), 'tls.key is encrypted, and has to be without a passphrase'],
  ['a key for a certificate', SECURE.key, SECURE.certificate, 'tls.crt holds a private key, and no PEM certificate'],
  ['the key of another certificate', SECURE.certificate, OTHER.key, 'tls.key does not belong to the first certificate of tls.crt'],
  [
    'the chain upside down',
    OTHER.certificate + SECURE.certificate,
    SECURE.key,
    'tls.key belongs to certificate 2 of tls.crt, which has to be the first',
  ],
])('%s is refused', (_, certificate, key, reason) => {
  expect(parseKeyPair(certificate, key)).toEqual({ ok: false, reason });
});

test.each([
  ['RSA of 1,024 bits', WEAK],
  ['Ed25519', ED25519],
  ['secp256k1', SECP256K1],
])('%s, which Envoy does not take, is refused', (_, { certificate, key }) => {
  expect(parseKeyPair(certificate, key)).toMatchObject({
    ok: false,
    reason: expect.stringContaining('a kind of key that Envoy does not take'),
  });
});
