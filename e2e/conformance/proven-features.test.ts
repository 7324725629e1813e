import { provenFeatures } from './proven-features.ts';
import type { TestResult } from './suite-log.ts';

const of = (outcome: TestResult['outcome'], ...features: readonly string[]): TestResult => ({
  name: `${outcome} ${features.join()}`,
  outcome,
  features,
  seconds: 1,
  errors: [],
});
const PASSED = [
  of('passed', 'Gateway'),
  of('passed', 'Gateway', 'HTTPRoute'),
  of('passed', 'Gateway', 'HTTPRoute'),
  of('passed', 'Gateway', 'HTTPRoute', 'ListenerSet'),
];

test('tests that pass prove all that they rely on', () => {
  expect(provenFeatures(PASSED, [])).toEqual(['Gateway', 'HTTPRoute', 'ListenerSet']);
});

test.each(['failed', 'skipped'] as const)('one that %s speaks against the rarest of its features', (outcome) => {
  expect(provenFeatures([...PASSED, of(outcome, 'Gateway', 'HTTPRoute', 'ListenerSet')], ['ListenerSet'])).toEqual([
    'Gateway',
    'HTTPRoute',
  ]);
  expect(provenFeatures([...PASSED, of(outcome, 'Gateway', 'TLSRoute')], [])).toEqual(['Gateway', 'HTTPRoute', 'ListenerSet']);
});

test('what no test relies on is as it is claimed', () => {
  expect(provenFeatures([of('passed', 'Gateway')], ['Gateway', 'HTTPRouteRetry'])).toEqual(['Gateway', 'HTTPRouteRetry']);
});
