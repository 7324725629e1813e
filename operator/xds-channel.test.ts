import { xdsChannelOptions } from './xds-channel.ts';

const HOUR_MS = 3_600_000;
const settings = { maxConnectionAgeGrace: '2m', maxReceiveMessageSize: '32Mi' };
const ageBy = (random: number): unknown => xdsChannelOptions(settings, () => random)['grpc.max_connection_age_ms'];

test('in the words of gRPC', () => {
  expect(xdsChannelOptions({ maxConnectionAge: '1h30m', maxConnectionAgeGrace: '10s', maxReceiveMessageSize: 1000 })).toEqual({
    'grpc.max_connection_age_ms': 1.5 * HOUR_MS,
    'grpc.max_connection_age_grace_ms': 10_000,
    'grpc.max_receive_message_length': 1000,
  });
  expect(xdsChannelOptions(settings)['grpc.max_receive_message_length']).toBe(32 * 1024 * 1024);
});

test('without an age one of three, by chance', () => {
  expect([0, 0.4, 0.99].map(ageBy)).toEqual([10 * HOUR_MS, 11 * HOUR_MS, 12 * HOUR_MS]);
});

test('what is too large for a timer or a length does not turn into nothing', () => {
  const huge = xdsChannelOptions({ maxConnectionAge: '99999h', maxConnectionAgeGrace: '99999h', maxReceiveMessageSize: '9Ti' });
  for (const value of Object.values(huge)) expect(value).toBeGreaterThan(1e9);
  for (const value of Object.values(huge)) expect(Number(value) * 1.1).toBeLessThan(2 ** 31 * 1.2);
  expect(Number(huge['grpc.max_connection_age_ms']) * 1.1).toBeLessThan(2 ** 31);
});
