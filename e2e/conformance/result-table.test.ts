import { tableOf } from './result-table.ts';

const REPORT = `
profiles:
- name: GATEWAY-TLS
  core: {result: success, statistics: {Passed: 20, Failed: 0, Skipped: 0}}
- name: GATEWAY-HTTP
  core: {result: failure, statistics: {Passed: 30, Failed: 1, Skipped: 0}}
  extended: {result: success, statistics: {Passed: 52, Failed: 0, Skipped: 3}}
`;

test('a line for each profile, the sum, and what failed with the first of what it says', () => {
  const failed = {
    name: 'HTTPRouteWeight',
    outcome: 'failed',
    features: [],
    seconds: 20.1,
    errors: ['one', 'two', 'three', 'four'],
  } as const;
  const passed = { ...failed, name: 'HTTPRouteMatching', outcome: 'passed', errors: [] } as const;
  expect(tableOf({ tests: [failed, passed], report: REPORT, log: 'suite.log', seconds: 181 })).toBe(`\
profile        core passed  failed  skipped  extended passed  failed  skipped
GATEWAY-HTTP            30       1        0               52       0        3
GATEWAY-TLS             20       0        0                0       0        0
1 passed, 1 failed, 0 skipped in 3 min 1 s
failed:
  HTTPRouteWeight (20.1 s)
      one
      two
      three
The suite's own log: suite.log
`);
});
