/** What stands for itself in no place of a pattern (RE2). */
const SPECIAL = /[.\\+*?()|[\]{}^$]/;
/** What may take away the character before it; flags and empty quotations are no thing by themselves, so that a repetition after them is of that character. */
const MAY_REPEAT = /^[?*{]|^\(\?[\w-]*\)|^\\[QE]/;
/** Quoted text, an escape and a class are passed over as a whole: parentheses and bars in them are characters. */
const STRUCTURE = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[\s\S]|[^\]\\])*(?:\]|$)|[()|]/g;

/** The characters that every path begins with that a pattern takes; at least `/`, as all do. */
export function literalPrefix(pattern: string): string {
  const start = literalStart(pattern);
  return start.startsWith('/') ? start : '/';
}

/** The characters that every text begins with that a pattern takes as a whole; empty where none are certain. Of a pattern that is none: that one may have meant. */
export function literalStart(pattern: string): string {
  if (hasAlternatives(pattern)) return '';
  const anchored = pattern.replace(/^\^+/, '');
  const end = anchored.search(SPECIAL);
  if (end < 0) return anchored;
  const literal = [...anchored.slice(0, end)];
  if (MAY_REPEAT.test(anchored.slice(end))) literal.pop();
  return literal.join('');
}

/** Whether there may be a choice outside of all groups: then it need not begin as its first characters do. */
function hasAlternatives(pattern: string): boolean {
  let depth = 0;
  for (const [token] of pattern.matchAll(STRUCTURE)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (depth < 0 || (token === '|' && depth === 0)) return true;
  }
  return false;
}
