/** The candidate that was probably meant: at most a third of its characters away, upper and lower case being the same. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const d =
      Math.abs(word.length - candidate.length) > MAX_DISTANCE ? MAX_DISTANCE + 1 : distance(word.toLowerCase(), candidate.toLowerCase());
    const limit = Math.min(MAX_DISTANCE, Math.max(1, Math.floor(candidate.length / 3)));
    if (d <= limit && d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
};

const MAX_DISTANCE = 4;

/** Levenshtein: insertions, deletions and replacements from one word to the other. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, at(row, j) + 1, at(next, j - 1) + 1));
    }
    row = next;
  }
  return at(row, b.length);
};

const at = (row: readonly number[], i: number): number => row[i] ?? Number.POSITIVE_INFINITY;
