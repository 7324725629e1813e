// The library of certificates looks for it when it is loaded.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  type JsonGeneralName,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { CertificatePair } from './self-signed.ts';

/** A CA whose key is kept nowhere, and what it vouches for. */
export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  /** For these names: URIs have a colon, all others are DNS names. */
  readonly issue: (...names: readonly [string, ...string[]]) => Promise<CertificatePair>;
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
const VALIDITY = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2049-01-01T00:00:00Z') };

/** @param keys of what it issues */
export async function makeTestAuthority(keys: 'ECDSA' | 'RSA' = 'ECDSA'): Promise<TestAuthority> {
  const root = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
  const name = `CN=test CA ${randomBytes(4).toString('hex')}`;
  const extensions = [new BasicConstraintsExtension(true, undefined, true)];
  const common = { ...VALIDITY, signingAlgorithm: ECDSA };
  const certificate = await X509CertificateGenerator.createSelfSigned({ ...common, serialNumber: serial(), name, keys: root, extensions });
  return {
    certificate: pem(certificate.toString('pem')),
    issue: async (...names) => {
      const own = await webcrypto.subtle.generateKey(keys === 'RSA' ? RSA : ECDSA, true, ['sign', 'verify']);
      const leaf = await X509CertificateGenerator.create({
        ...common,
        serialNumber: serial(),
        subject: `CN=${names[0].replace(/^.*[:/]/, '')}`,
        issuer: name,
        publicKey: own.publicKey,
        signingKey: root.privateKey,
        extensions: [new SubjectAlternativeNameExtension(names.map(generalName))],
      });
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      return { certificate: pem(leaf.toString('pem')), key: pem(PemConverter.encode(key, 'PRIVATE KEY')) };
    },
  };
}

/** A ConfigMap with CA certificates, as `caCertificateRefs` want it. */
export const caConfigMapYaml = (name: string, ...certificates: readonly string[]): string => `---
apiVersion: v1
kind: ConfigMap
metadata: { name: ${name} }
data: ${JSON.stringify({ 'ca.crt': certificates.join('') })}
`;

/** The same as a ClusterTrustBundle, which is in no namespace. */
export const trustBundleYaml = (name: string, ...certificates: readonly string[]): string => `---
apiVersion: certificates.k8s.io/v1
kind: ClusterTrustBundle
metadata: { name: ${name} }
spec: { trustBundle: ${JSON.stringify(certificates.join(''))} }
`;

const generalName = (name: string): JsonGeneralName => ({ type: name.includes(':') ? 'url' : 'dns', value: name });
const serial = (): string => `00${randomBytes(15).toString('hex')}`;
const pem = (text: string): string => `${text.trimEnd()}\n`;
