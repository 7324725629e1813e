import type { CST } from 'yaml';

/** Levels of lists and maps in one another. Kubernetes objects have some dozens; many more than this would overflow the stack of whoever reads them. */
export const DEEPEST = 200;
export const TOO_DEEP = `lists and maps are nested more than ${DEEPEST} levels deep, which is the limit.`;

type Token = CST.Token | null | undefined;
interface Level {
  readonly token: Token;
  readonly depth: number;
}

/** The offset at which the tokens are nested deeper than `DEEPEST`; undefined: nowhere. */
export function tooDeepAt(tokens: readonly CST.Token[]): number | undefined {
  const open = tokens.map((token): Level => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token?.type === 'document') open.push({ token: token.value, depth });
    if (!token || !('items' in token)) continue;
    if (depth === DEEPEST) return token.offset;
    for (const { key, value } of token.items) open.push({ token: key, depth: depth + 1 }, { token: value, depth: depth + 1 });
  }
  return undefined;
}
