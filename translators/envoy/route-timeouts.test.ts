import type { RouteTimeouts } from '../ir/route-node.ts';
import { longestRequestMs, timeoutFields } from './route-timeouts.ts';

const secondsOf = (timeouts: RouteTimeouts): number | undefined => {
  const { timeout } = timeoutFields(timeouts);
  return timeout === undefined ? undefined : Number(timeout.seconds) + (timeout.nanos ?? 0) / 1e9;
};

const once = { attempts: 1 };

test.each<[string, RouteTimeouts, number | undefined]>([
  ['nothing said', {}, undefined],
  ['of both the shorter one', { requestMs: 9000, backendRequestMs: 4000 }, 4],
  ['with retries the whole request, each try has its own', { requestMs: 9000, backendRequestMs: 4000, retries: once }, 9],
  ['with retries and no limit', { retries: once }, undefined],
  ['tries that fit into the 15 seconds of Envoy', { backendRequestMs: 1000, retries: once }, 15],
  ['tries that do not: all get their time, and the waits', { backendRequestMs: 20_000, retries: { attempts: 2, backoffMs: 100 } }, 64],
  ['tries without a limit', { backendRequestMs: 0, retries: once }, 0],
  ['a request without a limit whose tries have one', { requestMs: 0, backendRequestMs: 4000, retries: once }, 0],
  ['more than Envoy can count', { backendRequestMs: 3_600_000, retries: { attempts: 2 ** 32 - 1 } }, 9e9],
])('%s', (_, timeouts, seconds) => {
  expect(secondsOf(timeouts)).toBe(seconds);
});

test('a request lasts as long as its timeout, with and without retries', () => {
  expect(longestRequestMs({})).toBe(15_000);
  expect(longestRequestMs({ requestMs: 0 })).toBe(Number.MAX_SAFE_INTEGER);
  expect(longestRequestMs({ requestMs: 90_000, backendRequestMs: 1000, retries: once })).toBe(90_000);
  expect(longestRequestMs({ requestMs: 90_000, backendRequestMs: 1000 })).toBe(1000);
});
