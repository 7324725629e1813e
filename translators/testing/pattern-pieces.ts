import fc from 'fast-check';

/** What patterns are made of, and what is easily misread of them: anchors, groups, classes that hold parentheses, repetitions. */
const COMMON = [
  '/',
  'a',
  'b',
  '.',
  '*',
  '+',
  '?',
  '|',
  '(',
  ')',
  '[ab]',
  '[(]',
  '[(a]',
  '[](b]',
  '[[:alpha:](]',
  '\\(',
  '\\.',
  '{2}',
  '{0,1}',
  '^',
  '$',
];

/** Patterns of paths from such pieces and others; some are no patterns at all. */
export const patternsOf = (others: readonly string[], mostPieces: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...COMMON, ...others), { maxLength: mostPieces }).map((pieces) => `/${pieces.join('')}`);

/** Twenty paths that such patterns often take. */
export const PATHS: fc.Arbitrary<string[]> = fc.array(
  fc.string({ unit: fc.constantFrom('/', 'a', 'b', 'A', '.', '('), maxLength: 5 }).map((rest) => `/${rest}`),
  { minLength: 20, maxLength: 20 },
);
