import { SuiteLog, type TestResult } from './suite-log.ts';

/** What the suite says, and the second in which it says it. */
const SAID: readonly (readonly [seconds: number, line: string])[] = [
  [0, '=== RUN   TestConformance'],
  [0, '=== RUN   TestConformance/GatewayModifyListeners'],
  [1, '=== RUN   TestConformance/GatewayModifyListeners/should_be_able_to_add_a_listener'],
  [4, 'result: {"features":["Gateway"],"name":"GatewayModifyListeners","outcome":"passed"}'],
  [4, '=== RUN   TestConformance/GatewayStaticAddresses'],
  [4, '=== PAUSE TestConformance/GatewayStaticAddresses'],
  [4, '=== RUN   TestConformance/GRPCRouteWeight'],
  [5, '    conformance.go:72: Applying tests/grpcroute-weight.yaml'],
  [9, '    grpcroute-weight.go:49: '],
  [9, '        \tError Trace:\thelpers.go:823'],
  [9, '        \tError:      \tReceived unexpected error:'],
  [9, '        \t            \tcontext deadline exceeded'],
  [9, '        \tTest:       \tTestConformance/GRPCRouteWeight'],
  [9, '        \tMessages:   \terror waiting for GRPCRoute to have parents'],
  [9, '    apply.go:279: Deleting'],
  [10, 'result: {"features":["Gateway","GRPCRoute"],"name":"GRPCRouteWeight","outcome":"failed"}'],
  [60, '=== CONT  TestConformance/GatewayStaticAddresses'],
  [62, 'result: {"features":["Gateway","GatewayStaticAddresses"],"name":"GatewayStaticAddresses","outcome":"skipped"}'],
  [63, '--- FAIL: TestConformance (63.00s)'],
];

function read(): { readonly log: SuiteLog; readonly results: readonly TestResult[] } {
  let now = 0;
  const log = new SuiteLog(() => now);
  const results = SAID.flatMap(([seconds, line]) => {
    now = seconds * 1000;
    return log.take(line) ?? [];
  });
  return { log, results };
}

test('a result is told as soon as it is there, with the time that the test took itself', () => {
  const { results, log } = read();
  expect(results.map(({ name, outcome, seconds }) => [name, outcome, seconds])).toEqual([
    ['GatewayModifyListeners', 'passed', 4],
    ['GRPCRouteWeight', 'failed', 6],
    ['GatewayStaticAddresses', 'skipped', 2],
  ]);
  expect(log.results()).toEqual(results);
  expect(log.progress()).toBe('1 passed, 1 failed; now GatewayStaticAddresses');
});

test('a test that failed brings what its assertions said, and nothing else', () => {
  expect(read().results.map(({ errors }) => errors)).toEqual([
    [],
    ['Received unexpected error:', 'context deadline exceeded', 'error waiting for GRPCRoute to have parents'],
    [],
  ]);
});
