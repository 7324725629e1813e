import { randomBytes, X509Certificate } from 'node:crypto';
import { type Authority, makeAuthority } from './authority.ts';

/** What a Secret of the contract (C.8) holds. */
export type SecretData = Readonly<Record<string, string>>;

type Names = readonly [string, ...string[]];

/** The Secrets that hold certificates, by name: those of the control plane, of all proxies of its namespace, of the rate limit service. */
export function certifiedSecrets(namespace: string, clusterDomain: string): ReadonlyMap<string, Names> {
  const service = (name: string): Names => [
    name,
    `${name}.${namespace}`,
    `${name}.${namespace}.svc`,
    `${name}.${namespace}.svc.${clusterDomain}`,
  ];
  return new Map<string, Names>([
    ['envoy-gateway', service('envoy-gateway')],
    ['envoy', [`*.${namespace}`]],
    ['envoy-rate-limit', service('envoy-rate-limit')],
  ]);
}

export const HMAC_SECRET = 'envoy-oidc-hmac';
/** Raw bytes, not text. */
export const hmacData = (): Readonly<Record<string, Buffer>> => ({ 'hmac-secret': randomBytes(32) });

/** Data of all certified Secrets, signed by one new CA; `trusted`: CAs that go on to be trusted, PEM. */
export async function makeCertificateSet(secrets: ReadonlyMap<string, Names>, trusted = ''): Promise<ReadonlyMap<string, SecretData>> {
  const authority = await makeAuthority();
  const data = await Promise.all([...secrets].map(async ([name, names]) => [name, await leafData(authority, names, trusted)] as const));
  return new Map(data);
}

async function leafData(authority: Authority, names: Names, trusted: string): Promise<SecretData> {
  const { certificate, key } = await authority.issue(names);
  return { 'ca.crt': authority.certificate + trusted, 'tls.crt': certificate, 'tls.key': key };
}

/** Of a bundle, the CA that signed this certificate, unless it has expired; empty where there is none. What was trusted before that one is let go. */
export function signerOf({ 'ca.crt': bundle = '', 'tls.crt': certificate = '' }: SecretData, now = Date.now()): string {
  const authorities = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? [];
  return authorities.find((pem) => isSigner(pem, certificate) && new X509Certificate(pem).validToDate.getTime() > now) ?? '';
}

function isSigner(authority: string, certificate: string): boolean {
  try {
    const signer = new X509Certificate(authority);
    const leaf = new X509Certificate(certificate);
    return leaf.checkIssued(signer) && leaf.verify(signer.publicKey);
  } catch {
    // Not PEM: nothing that could be trusted.
    return false;
  }
}
