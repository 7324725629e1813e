import { trimmedPrefix } from '../../envoy/route-match.ts';
import type { PathMatch } from '../../ir/route-node.ts';

/** The paths that a session cookie is sent for: those of the match; of a pattern what is plain text before its last slash (GEP-1619, "Path"). */
export function cookiePathOf({ type, value }: PathMatch): string {
  switch (type) {
    case 'Exact':
      return value;
    case 'PathPrefix':
      return trimmedPrefix(value) || '/';
    case 'RegularExpression':
      return plainPrefix(value) || '/';
  }
}

const SPECIAL = /[\\.+*?()|[\]{}^$]/;

function plainPrefix(pattern: string): string {
  const special = pattern.search(SPECIAL);
  if (special === -1) return pattern;
  // What stands before an alternative need not be there.
  if (pattern.includes('|')) return '';
  return pattern.slice(0, Math.max(0, pattern.slice(0, special).lastIndexOf('/')));
}
