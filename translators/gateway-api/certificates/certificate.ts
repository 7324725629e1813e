import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/** A certificate chain with its key, checked to work together. */
export interface KeyPair {
  /** PEM, blocks as given, normalised line ends. */
  readonly certificateChain: string;
  readonly privateKey: string;
  /** When the first certificate of the chain stops being valid, in milliseconds since the epoch. */
  readonly notAfter: number;
  /** DNS names of the first certificate, in lower case. */
  readonly names: readonly string[];
}

export type ParsedKeyPair = { readonly ok: true; readonly pair: KeyPair } | { readonly ok: false; readonly reason: string };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/;
/** PKCS #8 says it in the label (RFC 7468, 11), the older form in a header (RFC 1421, 4.6.1.1). */
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/**
 * Reads `tls.crt` and `tls.key` of a Secret. A pair that does not fit is refused here, because Envoy would refuse the whole push that
 * it travels in. Blocks that Envoy cannot read beside the key (`EC PARAMETERS`) are left out.
 */
export function parseKeyPair(certificatePem: string, keyPem: string): ParsedKeyPair {
  const blocks = certificatePem.match(CERTIFICATE);
  if (blocks === null)
    return { ok: false, reason: `tls.crt holds ${PRIVATE_KEY.test(certificatePem) ? 'a private key, and no' : 'no'} PEM certificate` };
  const chain = readChain(blocks);
  if (typeof chain === 'string') return { ok: false, reason: chain };
  const keyBlock = keyPem.match(PRIVATE_KEY)?.[0];
  if (keyBlock === undefined) return { ok: false, reason: 'tls.key holds no PEM private key' };
  if (ENCRYPTED.test(keyBlock)) return { ok: false, reason: 'tls.key is encrypted, and has to be without a passphrase' };
  const key = readKey(keyBlock);
  if (key === undefined) return { ok: false, reason: 'tls.key cannot be read as a private key' };
  if (!chain[0].checkPrivateKey(key)) return { ok: false, reason: strangerReason(chain, key) };
  if (!isTakenByEnvoy(chain[0].publicKey))
    return { ok: false, reason: 'tls.crt has a kind of key that Envoy does not take (RSA from 2048 bits, ECDSA on P-256, P-384 or P-521)' };
  const notAfter = Math.min(...chain.map((certificate) => certificate.validToDate.getTime()));
  return {
    ok: true,
    pair: { certificateChain: `${blocks.join('\n')}\n`, privateKey: `${keyBlock}\n`, notAfter, names: dnsNames(chain[0]) },
  };
}

function strangerReason(chain: readonly X509Certificate[], key: KeyObject): string {
  const place = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  return place < 0
    ? 'tls.key does not belong to the first certificate of tls.crt'
    : `tls.key belongs to certificate ${place + 1} of tls.crt, which has to be the first`;
}

const DNS = 'DNS:';

/** Names with odd characters are quoted by Node; they are no hostnames. */
const dnsNames = ({ subjectAltName = '' }: X509Certificate): readonly string[] =>
  subjectAltName
    .split(', ')
    .filter((name) => name.startsWith(DNS))
    .map((name) => name.slice(DNS.length).toLowerCase());

function readChain(blocks: readonly string[]): [X509Certificate, ...X509Certificate[]] | string {
  const chain: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    try {
      chain.push(new X509Certificate(block));
    } catch {
      return `certificate ${index + 1} of tls.crt cannot be read`;
    }
  }
  const [leaf, ...rest] = chain;
  return leaf === undefined ? 'tls.crt holds no PEM certificate' : [leaf, ...rest];
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

const CURVES: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1'];
const MIN_RSA_BITS = 2048;

/** What Envoy's TLS context refuses with the whole listener (`source/common/tls/context_impl.cc`). */
function isTakenByEnvoy({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
  return asymmetricKeyType === 'ec' && CURVES.includes(asymmetricKeyDetails?.namedCurve ?? '');
}
