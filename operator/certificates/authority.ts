// The library of certificates looks for it when it is loaded.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

/** A CA that lives as long as this process: its key is kept nowhere. */
export interface Authority {
  readonly certificate: string;
  /** For these DNS names, as server and as client. */
  issue(names: readonly [string, ...string[]]): Promise<Issued>;
}

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
const YEARS = 5;
/** Clocks differ a little. */
const BACKDATED_MS = 5 * 60_000;
const SERVER_AND_CLIENT = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

const makeKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

/** RSA-2048, five years (contract C.8). Each CA has a name of its own, so that a bundle of two is never ambiguous. */
export async function makeAuthority(now = new Date()): Promise<Authority> {
  const keys = await makeKeys();
  const name = `CN=envoy-gateway CA ${randomBytes(4).toString('hex')}`;
  const validity = { notBefore: new Date(now.getTime() - BACKDATED_MS), notAfter: yearsAfter(now) };
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    ...validity,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    certificate: withNewline(root.toString('pem')),
    issue: async (names) => {
      const own = await makeKeys();
      const leaf = await X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: `CN=${names[0]}`,
        issuer: name,
        ...validity,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
          new ExtendedKeyUsageExtension(SERVER_AND_CLIENT),
          new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
        ],
      });
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      return { certificate: withNewline(leaf.toString('pem')), key: withNewline(PemConverter.encode(key, 'PRIVATE KEY')) };
    },
  };
}

const serialNumber = (): string => `00${randomBytes(15).toString('hex')}`;
const withNewline = (pem: string): string => `${pem.trimEnd()}\n`;

function yearsAfter(start: Date): Date {
  const end = new Date(start);
  end.setFullYear(end.getFullYear() + YEARS);
  return end;
}
