import { unprivilegedPort } from '../../settings.ts';
import { bindPort } from './bind-port.ts';

const bound = (port: number, ...others: readonly number[]): number =>
  bindPort(port, { bindPort: unprivilegedPort }, (other) => [port, ...others].includes(other));

test.each([
  [80, [], 10_080],
  [8080, [80], 8080],
  [10_080, [], 10_080],
  // The one with the usual number has its place, the other gives way.
  [80, [10_080], 10_080],
  [10_080, [80], 20_080],
  [10_080, [80, 20_080], 30_080],
  [20_080, [80, 10_080], 20_080],
  [11_023, [1023], 21_023],
  [11_024, [1024], 11_024],
])('port %d beside %j is bound at %d', (port, others, expected) => {
  expect(bound(port, ...others)).toBe(expected);
});

test('what the proxy needs for itself is not bound, whoever asks', () => {
  const reservedPorts = new Set([19_000, 19_001, 29_001]);
  const has = (port: number): boolean => port === 39_001;
  expect(bindPort(19_000, { bindPort: unprivilegedPort, reservedPorts }, has)).toBe(29_000);
  expect(bindPort(19_001, { bindPort: (port) => port, reservedPorts }, has)).toBe(49_001);
});

test('who may bind ports as they are moves none', () => {
  expect(bindPort(10_080, { bindPort: (port) => port }, () => true)).toBe(10_080);
});

test('no two ports of a Gateway are bound alike', () => {
  const ports = [1, 80, 443, 1023, 8080, 10_001, 10_080, 10_443, 20_080, 30_080, 11_023, 21_023];
  expect(new Set(ports.map((port) => bound(port, ...ports))).size).toBe(ports.length);
});
