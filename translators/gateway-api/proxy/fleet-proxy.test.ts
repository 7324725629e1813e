import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { SPEC_WITHOUT_PROXY } from './effective-proxy.ts';
import { fleetProxy } from './fleet-proxy.ts';
import type { ProxyVerdict } from './proxy-verdicts.ts';

const spec = (fields: Partial<EnvoyProxySpec>): EnvoyProxySpec => ({ ...SPEC_WITHOUT_PROXY, ...fields });
const verdict = (key: string, fields: Partial<EnvoyProxySpec>): ProxyVerdict => ({
  key,
  generation: 1,
  spec: spec(fields),
  problem: undefined,
  withoutEffect: [],
});

type Fields = Partial<EnvoyProxySpec> | undefined;

/** Fields of the Gateway's, the class's and the configuration's. */
const fleet = (gateway: Fields, gatewayClass: Fields, configured: Fields) =>
  fleetProxy(
    {
      gateway: gateway && verdict('ns/own', gateway),
      gatewayClass: gatewayClass && verdict('ns/class', gatewayClass),
      configured: configured && spec(configured),
    },
    {},
  );

const MERGE = { mergeType: 'JSONMerge' } as const;
const OWN = { concurrency: 1 } as const;
const CLASS = { ipFamily: 'IPv6', concurrency: 2 } as const;
const CONFIGURED = { routingType: 'Endpoint', concurrency: 3, ipFamily: 'IPv4' } as const;

test('nobody says anything: warnings are logged', () => {
  expect(fleet(undefined, undefined, undefined)).toEqual({ spec: SPEC_WITHOUT_PROXY, from: [], problem: undefined });
});

interface Case {
  readonly gateway?: Fields;
  readonly gatewayClass?: Fields;
  readonly configured?: Fields;
  readonly expected: Partial<EnvoyProxySpec>;
  readonly from: readonly (keyof typeof NAMES)[];
}

const NAMES = { own: 'EnvoyProxy ns/own', class: 'EnvoyProxy ns/class', configured: 'envoyProxy of the EnvoyGateway configuration' };

const CASES: Readonly<Record<string, Case>> = {
  'the most specific one holds alone': { gateway: OWN, gatewayClass: CLASS, configured: CONFIGURED, expected: OWN, from: ['own'] },
  'the class where the Gateway is silent': { gatewayClass: CLASS, configured: CONFIGURED, expected: CLASS, from: ['class'] },
  'the configuration where both are': { configured: CONFIGURED, expected: CONFIGURED, from: ['configured'] },
  'Replace is what happens anyway': {
    gateway: { ...OWN, mergeType: 'Replace' },
    gatewayClass: CLASS,
    expected: { ...OWN, mergeType: 'Replace' },
    from: ['own'],
  },
  "the Gateway's mergeType goes up where the class has none": {
    gateway: { ...OWN, ...MERGE },
    gatewayClass: CLASS,
    configured: CONFIGURED,
    expected: { ...MERGE, concurrency: 1, ipFamily: 'IPv6', routingType: 'Endpoint' },
    from: ['own', 'class', 'configured'],
  },
  "the class's mergeType decides over the configuration": {
    gateway: { ...OWN, ...MERGE },
    gatewayClass: { ...CLASS, mergeType: 'Replace' },
    configured: CONFIGURED,
    expected: { ...MERGE, concurrency: 1, ipFamily: 'IPv6' },
    from: ['own', 'class'],
  },
  'a class over the configuration': {
    gatewayClass: { ...CLASS, ...MERGE },
    configured: CONFIGURED,
    expected: { ...CONFIGURED, ...CLASS, ...MERGE },
    from: ['class', 'configured'],
  },
  'a Gateway that replaces its class goes over the configuration where the class says so': {
    gateway: OWN,
    gatewayClass: { ...CLASS, mergeType: 'StrategicMerge' },
    configured: CONFIGURED,
    expected: { ...CONFIGURED, ...OWN },
    from: ['own', 'configured'],
  },
};

test.each(Object.entries(CASES))('%s', (_, { gateway, gatewayClass, configured, expected, from }) => {
  const names = from.map((who) => NAMES[who]);
  expect(fleet(gateway, gatewayClass, configured)).toEqual({ spec: spec(expected), from: names, problem: undefined });
});

test('what they make together is judged, and who made it is named', () => {
  const { problem } = fleet({ ...MERGE, extraArgs: ['--concurrency 8'] }, { concurrency: 2 }, undefined);
  expect(problem?.message).toMatch(/^EnvoyProxy ns\/own over EnvoyProxy ns\/class is not valid: Field spec\.extraArgs\[0\]: /);
  const configured = fleet(undefined, undefined, { concurrency: 0 });
  expect(configured.problem?.message).toMatch(/^envoyProxy of the EnvoyGateway configuration is not valid: Field spec\.concurrency: /);
});
