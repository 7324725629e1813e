import { X509Certificate } from 'node:crypto';

/** PEM blocks of those who may vouch for others, each once; or what is wrong with the text. */
export type ParsedAuthorities =
  | { readonly ok: true; readonly certificates: readonly string[] }
  | { readonly ok: false; readonly reason: string };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Reads a bundle of CA certificates. One that cannot be read is refused here, because Envoy would refuse the secret that it travels in. */
export function parseAuthorities(pem: string): ParsedAuthorities {
  const blocks = pem.match(CERTIFICATE);
  if (blocks === null) return { ok: false, reason: 'holds no PEM certificate' };
  const broken = blocks.findIndex((block) => !isReadable(block));
  if (broken !== -1) return { ok: false, reason: `has a certificate that cannot be read, number ${broken + 1}` };
  return { ok: true, certificates: [...new Set(blocks)] };
}

function isReadable(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}
