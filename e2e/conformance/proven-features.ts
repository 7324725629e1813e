import type { TestResult } from './suite-log.ts';

/**
 * What a run proves, sorted: the features of tests that passed, without those that a test speaks against. A test relies on several features, from
 * `Gateway` down to the one that it is there for: the rarest. One that failed or was skipped speaks against that one. What was claimed and no test of
 * the suite relies on (HTTPRouteRetryConnectionError in v1.6.3) is taken as it is claimed: the report says it, too.
 */
export function provenFeatures(tests: readonly TestResult[], claimed: readonly string[]): readonly string[] {
  const uses = new Map<string, number>();
  for (const feature of tests.flatMap(({ features }) => features)) uses.set(feature, (uses.get(feature) ?? 0) + 1);
  const rarest = ({ features }: TestResult): string | undefined => features.toSorted((a, b) => (uses.get(a) ?? 0) - (uses.get(b) ?? 0))[0];
  const passed = tests.filter(({ outcome }) => outcome === 'passed');
  const against = new Set(tests.filter(({ outcome }) => outcome !== 'passed').map(rarest));
  const untested = claimed.filter((feature) => !uses.has(feature));
  return [...new Set([...passed.flatMap(({ features }) => features), ...untested])].filter((feature) => !against.has(feature)).toSorted();
}
