import { createPrivateKey, X509Certificate } from 'node:crypto';
import { selfSigned } from './self-signed.ts';

test('a certificate has its names, its key and its own signature', () => {
  const { certificate, key } = selfSigned('a.example.com', '*.b.example.com');
  const read = new X509Certificate(certificate);
  expect(read.subject).toBe('CN=a.example.com');
  expect(read.checkHost('a.example.com')).toBe('a.example.com');
  expect(read.checkHost('x.b.example.com')).toBe('*.b.example.com');
  expect(read.checkHost('c.example.com')).toBeUndefined();
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(read.validToDate.getUTCFullYear()).toBe(2049);
});
