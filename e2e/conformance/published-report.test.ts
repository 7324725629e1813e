import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { supportedFeatures } from '../../translators/statuses/supported-features.ts';
import { type ConformanceReport, parseReport, REPORTS, reportPath } from './published-report.ts';
import { REPORTED_MODES } from './suite-modes.ts';

const head = { gatewayAPIVersion: 'v1.6.3', gatewayAPIChannel: 'experimental', implementation: { version: '0.1.0' }, profiles: [] };
const committed = async (mode: string): Promise<ConformanceReport> =>
  parseReport(await readFile(join(REPORTS, reportPath({ ...head, mode })), 'utf8'));

/** What belongs to no extension is in no list of a report, nor are provisional features. */
const UNLISTED = [
  'BackendTLSPolicy',
  'GRPCRoute',
  'GRPCRouteNamedRouteRule',
  'Gateway',
  'HTTPRoute',
  'ReferenceGrant',
  'TCPRoute',
  'TLSRoute',
  'UDPRoute',
];

test('with proxies in the namespaces of Gateways all passes, and the class publishes what the report proves', async () => {
  const { profiles } = await committed(REPORTED_MODES.GatewayNamespace);
  for (const { core, extended } of profiles)
    for (const results of [core, ...(extended === undefined ? [] : [extended])])
      expect(results).toMatchObject({ result: 'success', statistics: { Failed: 0, Skipped: 0 } });
  const proven = profiles.flatMap(({ extended }) => extended?.supportedFeatures ?? []);
  expect([...new Set([...proven, ...UNLISTED])].sort()).toEqual(supportedFeatures('GatewayNamespace'));
});

test('with proxies beside the controller what is asked for a Gateway is looked for in vain in its namespace', async () => {
  const { profiles } = await committed(REPORTED_MODES.ControllerNamespace);
  const failed = profiles.flatMap(({ core, extended }) => [...(core.failedTests ?? []), ...(extended?.failedTests ?? [])]);
  expect([...new Set(failed)]).toEqual(['GatewayInfrastructureMetadata']);
  const here = new Set(supportedFeatures('ControllerNamespace'));
  expect(supportedFeatures('GatewayNamespace').filter((feature) => !here.has(feature))).toEqual(['GatewayInfrastructure']);
});
