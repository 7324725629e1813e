import { KubernetesError } from '../../cluster/kubernetes-error.ts';
import { FleetTrouble } from './fleet-trouble.ts';
import { SERVICE } from './proxy-kinds.ts';
import { explainWrite } from './write-problem.ts';

const problem = (status: number, reason: string, message: string) =>
  explainWrite(
    { verb: 'patch', kind: SERVICE, key: 'ns/envoy' },
    new KubernetesError({ status, reason, message: `PATCH /x answered ${status}: ${message}` }),
  );

test('what passes by itself is told when it lasts, and no longer than it lasts', () => {
  const trouble = new FleetTrouble();
  const conflict = problem(409, 'Conflict', 'the object has been modified');
  expect([trouble.found([conflict]), trouble.found([conflict]), trouble.message]).toEqual([false, false, undefined]);
  expect(trouble.found([conflict])).toBe(true);
  expect(trouble.message).toBe(
    'Service ns/envoy could not be brought up to date: the API server answered 409; it is tried again (the object has been modified).',
  );
  expect(trouble.found([conflict])).toBe(false);
  expect([trouble.found([]), trouble.message]).toEqual([true, undefined]);
  expect([trouble.found([conflict]), trouble.message]).toEqual([false, undefined]);
});

test('what somebody has to mend is told at once, each thing once', () => {
  const trouble = new FleetTrouble();
  const invalid = problem(422, 'Invalid', 'Service "envoy" is invalid: spec.ports: too many');
  expect(trouble.found([invalid, invalid, problem(503, 'ServiceUnavailable', 'later')])).toBe(true);
  expect(trouble.message).toBe(
    'Service ns/envoy is refused by the API server (Service "envoy" is invalid: spec.ports: too many); check spec.provider.kubernetes of the EnvoyProxy.',
  );
});
