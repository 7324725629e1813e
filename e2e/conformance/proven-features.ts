import type { TestResult } from './suite-log.ts';

/**
 * What a run proves, sorted: the features of tests that passed, without those that a test speaks against. A test relies on several features, from
 * `Gateway` down to the one that it is there for: the rarest. One that failed or was skipped speaks against that one.
 */
export function provenFeatures(tests: readonly TestResult[]): readonly string[] {
  const uses = new Map<string, number>();
  for (const feature of tests.flatMap(({ features }) => features)) uses.set(feature, (uses.get(feature) ?? 0) + 1);
  const rarest = ({ features }: TestResult): string | undefined => features.toSorted((a, b) => (uses.get(a) ?? 0) - (uses.get(b) ?? 0))[0];
  const passed = tests.filter(({ outcome }) => outcome === 'passed');
  const against = new Set(tests.filter(({ outcome }) => outcome !== 'passed').map(rarest));
  return [...new Set(passed.flatMap(({ features }) => features))].filter((feature) => !against.has(feature)).toSorted();
}
