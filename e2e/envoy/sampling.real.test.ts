import { randomBytes } from 'node:crypto';
import { enabled, passedOn, startTracedFleet, type TracedFleet, telemetryYaml } from '../harness/traced-fleet.ts';

let world: TracedFleet;

beforeAll(async () => {
  world = await startTracedFleet();
}, 60_000);
afterAll(() => world.stop());

/** W3C Trace Context. */
const parent = (sampled: boolean): { readonly traceparent: string } => ({
  traceparent: `00-${randomBytes(16).toString('hex')}-00f067aa0ba902b7-${sampled ? '01' : '00'}`,
});

test('parents decide unless they are not to, and the rate is that of new traces', async () => {
  await world.apply(telemetryYaml(enabled(', samplingRate: { numerator: 0 }')));
  expect(await world.traced(8)).toBe(0);
  expect(await world.traced(8, () => parent(true))).toBe(8);
  const { answer } = await world.request(parent(false));
  expect(passedOn(answer)).toMatch(/-00$/);
  await world.apply(telemetryYaml(enabled(', samplingRate: { numerator: 1, denominator: 2 }')));
  const half = await world.traced(100);
  expect(half).toBeGreaterThan(20);
  expect(half).toBeLessThan(80);
  expect(await world.traced(8, () => parent(false))).toBe(0);
}, 60_000);

test('of what parents decided a share can be taken, whatever the rate of new traces is', async () => {
  const halfOfParents = 'parentBasedSampling: { mode: Enabled, samplingRate: { numerator: 1, denominator: 2 } }';
  await world.apply(telemetryYaml(enabled(`, ${halfOfParents}`)));
  expect(await world.traced(8)).toBe(8);
  expect(await world.traced(8, () => parent(false))).toBe(0);
  const half = await world.traced(100, () => parent(true));
  expect(half).toBeGreaterThan(20);
  expect(half).toBeLessThan(80);
  await world.apply(telemetryYaml(enabled(`, samplingRate: { numerator: 0 }, ${halfOfParents}`)));
  expect(await world.traced(8)).toBe(0);
  await world.apply(telemetryYaml(enabled(', parentBasedSampling: { mode: Enabled, samplingRate: { numerator: 0 } }')));
  expect(await world.traced(8, () => parent(true))).toBe(0);
  expect(await world.traced(8)).toBe(8);
}, 60_000);

test('where parents are not followed, the rate holds for all', async () => {
  const alone = 'parentBasedSampling: { mode: Disabled }';
  await world.apply(telemetryYaml(enabled(`, ${alone}`)));
  expect(await world.traced(8, () => parent(false))).toBe(8);
  await world.apply(telemetryYaml(enabled(`, ${alone}, samplingRate: { numerator: 0 }`)));
  expect(await world.traced(8, () => parent(true))).toBe(0);
  await world.apply(telemetryYaml(enabled(`, ${alone}, samplingRate: { numerator: 1, denominator: 2 }`)));
  // Clients choose the IDs of their traces, and do not choose with them whether they are traced.
  const half = await world.traced(100, () => ({ traceparent: '00-00000000000000000000000000000001-00f067aa0ba902b7-01' }));
  expect(half).toBeGreaterThan(20);
  expect(half).toBeLessThan(80);
}, 60_000);

test.each(['Enabled', 'Disabled'])('clients cannot ask for traces by headers of Envoy, with parents %s', async (mode) => {
  await world.apply(telemetryYaml(enabled(`, samplingRate: { numerator: 0 }, parentBasedSampling: { mode: ${mode} }`)));
  const headers = { 'x-client-trace-id': randomBytes(16).toString('hex'), 'x-envoy-force-trace': 'true' };
  expect(await world.traced(8, () => headers)).toBe(0);
});
