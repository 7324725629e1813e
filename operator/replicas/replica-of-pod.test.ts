import { ELECTION_TIMES } from '../cluster/leader-election.ts';
import { electionTimes, reachableAt } from './replica-of-pod.ts';

test('the address of a pod, of either family; none where it is not known', () => {
  expect(reachableAt('10.0.0.1', 18000)).toBe('10.0.0.1:18000');
  expect(reachableAt('fd00::1', 18000)).toBe('[fd00::1]:18000');
  expect(reachableAt(undefined, 18000)).toBeUndefined();
  expect(reachableAt('', 18000)).toBeUndefined();
  expect(reachableAt('10.0.0.1', undefined)).toBeUndefined();
});

test('times of the configuration, the contract’s where it says nothing', () => {
  expect(electionTimes({})).toEqual(ELECTION_TIMES);
  expect(electionTimes({ leaseDuration: '1m', retryPeriod: '500ms' })).toEqual({ leaseMs: 60_000, renewMs: 10_000, retryMs: 500 });
});
