import { generateKeyPairSync, sign } from 'node:crypto';

/** PEM. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

type Names = readonly [string, ...string[]];

/**
 * A certificate that signs itself, for these names (the first is also its common name), valid from 2020 to 2049. Each has a new P-256 key. What of
 * X.509 (RFC 5280) has to be said for that is little enough to be written down here.
 */
export const selfSigned = (...names: Names): CertificatePair => selfSignedUntil('491231235959Z', ...names);

/** One that is valid from 2020 to `notAfter`, an ASN.1 UTCTime: `YYMMDDhhmmssZ`. */
export function selfSignedUntil(notAfter: string, ...names: Names): CertificatePair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = sequence(tagged(SET, sequence(COMMON_NAME, tagged(UTF8_STRING, Buffer.from(names[0])))));
  const alternatives = sequence(...names.map((name) => tagged(DNS_NAME, Buffer.from(name))));
  const body = sequence(
    tagged(EXPLICIT_0, VERSION_3),
    tagged(INTEGER, Buffer.from([1])),
    ECDSA_WITH_SHA256,
    subject,
    sequence(tagged(UTC_TIME, Buffer.from('200101000000Z')), tagged(UTC_TIME, Buffer.from(notAfter))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(EXPLICIT_3, sequence(sequence(SUBJECT_ALT_NAME, tagged(OCTET_STRING, alternatives)))),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]);
  const der = sequence(body, ECDSA_WITH_SHA256, tagged(BIT_STRING, signature));
  return { certificate: pem('CERTIFICATE', der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** A `kubernetes.io/tls` Secret. */
export const tlsSecretYaml = (name: string, { certificate, key }: CertificatePair): string => `---
apiVersion: v1
kind: Secret
metadata: { name: ${name} }
type: kubernetes.io/tls
stringData: ${JSON.stringify({ 'tls.crt': certificate, 'tls.key': key })}
`;

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
const DNS_NAME = 0x82;
const EXPLICIT_0 = 0xa0;
const EXPLICIT_3 = 0xa3;

/** X.690, distinguished encoding: tag, length, content. */
function tagged(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

const lengthOf = (length: number): readonly number[] =>
  length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];

const sequence = (...members: readonly Uint8Array[]): Buffer => tagged(SEQUENCE, Buffer.concat(members));

const VERSION_3 = tagged(INTEGER, Buffer.from([2]));
/** 2.5.4.3 */
const COMMON_NAME = tagged(OBJECT_ID, Buffer.from([0x55, 0x04, 0x03]));
/** 2.5.29.17 */
const SUBJECT_ALT_NAME = tagged(OBJECT_ID, Buffer.from([0x55, 0x1d, 0x11]));
/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(tagged(OBJECT_ID, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])));

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;
