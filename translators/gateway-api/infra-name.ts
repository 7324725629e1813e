import { hash } from 'node:crypto';

const MAX_READABLE = 48;

/**
 * What is made for a fleet is called `envoy-<ns>-<gateway>-<hash>`, the readable part cut at 48 characters (contract D.2). A Service cannot have dots in its
 * name, as a Gateway can; the hash keeps such names apart.
 */
export function infraName(fleet: string): string {
  const readable = fleet.replaceAll(/[./]/g, '-');
  const cut = readable.length > MAX_READABLE ? readable.slice(0, MAX_READABLE).replace(/-$/, '') : readable;
  return `envoy-${cut}-${shortHash(fleet)}`;
}

export const shortHash = (text: string): string => hash('sha256', text).slice(0, 8);
