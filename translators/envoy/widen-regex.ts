import { literalStart } from './literal-prefix.ts';
import { checkRegex, quoteRegex } from './regex.ts';

const ANYTHING = '[\\s\\S]*';
const NOTHING = '(?:)';

/** Quoted text, a back-reference, an escape, a class, a group's opening, a possessive quantifier, any other character. */
const TOKEN =
  /\\Q[\s\S]*?(?:\\E|$)|\\[1-9]\d*|\\[\s\S]|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[\s\S]|[^\]\\])*(?:\]|$)|\(\?(?:<?[=!]|>)|(?:[*+?]|\{\d+(?:,\d*)?\})\+|[\s\S]/g;
const LOOK_AROUND = /^\(\?<?[=!]$/;

/**
 * A pattern that RE2 takes in the place of one that it does not: it takes every text that the written one may be meant to take, and as few others as can be told.
 * What only other engines know is left out where it can do nothing but restrict (look-around, atomic groups, possessive quantifiers), and a back-reference counts as
 * any text; of all else that cannot be read, the characters that it begins with remain. A pattern that RE2 takes comes back as it is.
 */
export function widenRegex(pattern: string): string {
  if (pattern === '') return NOTHING;
  if (checkRegex(pattern) === undefined) return pattern;
  const loose = withoutRestrictions(pattern);
  return loose !== undefined && checkRegex(loose) === undefined ? loose : quoteRegex(literalStart(pattern)) + ANYTHING;
}

/** Undefined: a look-around has no end. */
function withoutRestrictions(pattern: string): string | undefined {
  const kept: string[] = [];
  let within = 0;
  for (const [token] of pattern.matchAll(TOKEN)) {
    if (within === 0) {
      // Only a quantifier needs it, which would be of what stands before the look-around otherwise.
      if (kept.at(-1) === NOTHING && !/^[*+?{]/.test(token)) kept.pop();
      kept.push(unrestricted(token));
    }
    within = openAfter(token, within);
  }
  return within > 0 ? undefined : kept.join('');
}

/** How many groups are open after a token, counted from the look-around that is left out. */
function openAfter(token: string, within: number): number {
  if (within === 0) return LOOK_AROUND.test(token) ? 1 : 0;
  if (token.startsWith('(')) return within + 1;
  return token === ')' ? within - 1 : within;
}

function unrestricted(token: string): string {
  if (LOOK_AROUND.test(token)) return NOTHING;
  if (token === '(?>') return '(?:';
  if (/^\\[1-9]/.test(token)) return `(?:${ANYTHING})`;
  return /^[^\\[].*\+$/.test(token) ? token.slice(0, -1) : token;
}
