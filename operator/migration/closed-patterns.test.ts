import { checkMigration } from './check-migration.ts';
import type { Finding } from './finding.ts';
import { backend, configuration, DEFAULT_CONFIGURATION, gateway, gatewayClass, HOME, httpRoute } from './testing/envoy-gateway-objects.ts';

const closed = (path: string, header = 'a'): readonly Finding[] => {
  const matches = [
    { path: { type: 'RegularExpression', value: path }, headers: [{ name: 'x', type: 'RegularExpression', value: header }] },
  ];
  const objects = [configuration(DEFAULT_CONFIGURATION), gatewayClass(), gateway(), backend(), httpRoute('a', { matches })];
  const findings = checkMigration({ objects, whole: false, namespace: HOME, now: 0, version: '1.0.0' });
  return findings.filter(({ code }) => code === 'RequestsClosed');
};

test.each([
  ['/(?!a)b', 'a'],
  ['/a', '(a'],
])('a rule with the patterns %s and %s keeps its requests, which go to less specific rules today', (path, header) => {
  expect(closed(path, header)).toMatchObject([
    { severity: 'differs', object: { kind: 'HTTPRoute', name: 'a' }, field: 'spec.rules[0].matches' },
  ]);
});

test('of patterns that Envoy takes nothing is said', () => {
  expect(closed('/a.*')).toEqual([]);
});
