import type { PeerCertificate } from '../../xds/node-identity.ts';

/** The DNS names that a verified certificate proves. */
export const certifiedNames = (certificate: PeerCertificate | undefined): readonly string[] =>
  (certificate?.subjectaltname ?? '')
    // A name that would be mistaken for several is quoted by Node; it is none of ours.
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .split(', ')
    .flatMap((name) => (name.startsWith('DNS:') ? [name.slice('DNS:'.length)] : []));
