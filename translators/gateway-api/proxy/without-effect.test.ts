import { SPEC_WITHOUT_PROXY } from './effective-proxy.ts';
import { fieldsWithoutEffect } from './without-effect.ts';

test('what is so anyway asks for nothing', () => {
  const spec = {
    ...SPEC_WITHOUT_PROXY,
    mergeGateways: false,
    preserveRouteOrder: false,
    routingType: 'Endpoint',
    telemetry: { accessLog: { disable: true, settings: [] }, metrics: { enableVirtualHostStats: false, enableGRPCStats: true } },
  };
  expect(fieldsWithoutEffect(spec, true)).toEqual([]);
});

test('calls of gRPC are counted always', () => {
  expect(fieldsWithoutEffect({ ...SPEC_WITHOUT_PROXY, telemetry: { metrics: { enableGRPCStats: false } } }, true)).toEqual([
    'spec.telemetry.metrics.enableGRPCStats',
  ]);
});

test('proxies of this machine have less to set than pods', () => {
  const spec = {
    logging: { level: { default: 'info' as const } },
    concurrency: 2,
    extraArgs: ['--x'],
    shutdown: {},
    bootstrap: { type: 'Merge' as const, value: '{}' },
    mergeBackends: {},
  };
  expect(fieldsWithoutEffect(spec, false)).toEqual(['spec.mergeBackends']);
  expect(fieldsWithoutEffect(spec, true)).toEqual(
    ['bootstrap', 'concurrency', 'extraArgs', 'logging.level', 'mergeBackends', 'shutdown'].map((field) => `spec.${field}`),
  );
});
