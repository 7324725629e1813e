import { parseConfiguration } from './configuration.ts';
import { changeOf, clusterSettingsOf } from './configuration-change.ts';

/** With host infrastructure, and these fields: of the provider's cluster, and beside the provider. */
const configured = (cluster: object | undefined, fields: object = {}) =>
  parseConfiguration(
    'test',
    JSON.stringify({
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'EnvoyGateway',
      provider: {
        type: 'Custom',
        custom: { resource: { type: 'Kubernetes', kubernetes: cluster }, infrastructure: { type: 'Host', host: { runtimeDir: '/a' } } },
      },
      ...fields,
    }),
  );

test('what says the same in other words is no change', () => {
  const spelt = { leaderElection: { leaseDuration: '15s' } };
  expect(changeOf(configured(undefined), configured(spelt, { logging: { encoder: 'Text' } }))).toEqual({ sections: [], others: [] });
});

test.each<[string, object, object]>([
  ['logging', {}, { logging: { level: { xds: 'debug' } } }],
  ['admin', {}, { admin: { address: { port: 1 } } }],
  ['envoyProxy', {}, { envoyProxy: { concurrency: 2 } }],
  ['watch', { watch: { type: 'Namespaces', namespaces: ['a'] } }, {}],
  ['leaderElection', { leaderElection: { leaseDuration: '20s' } }, {}],
  ['client', { client: { rateLimit: { qps: 10 } } }, {}],
  ['cacheSyncPeriod', { cacheSyncPeriod: '10m' }, {}],
])('%s alone', (section, cluster, fields) => {
  const change = { sections: [section], others: [] };
  expect(changeOf(configured({}), configured(cluster, fields))).toEqual(change);
  expect(changeOf(configured(cluster, fields), configured({}))).toEqual(change);
});

test('fields outside of sections are named', () => {
  const fields = {
    gateway: { controllerName: 'example.com/a' },
    xdsServer: { maxConnectionAge: '1h' },
    telemetry: { metrics: { prometheus: { disable: true } } },
  };
  expect(changeOf(configured({}), configured({ cacheSyncPeriod: '1s' }, fields))).toEqual({
    sections: ['cacheSyncPeriod'],
    others: ['gateway.controllerName', 'telemetry.metrics.prometheus.disable', 'xdsServer.maxConnectionAge'],
  });
});

test('where nothing is said, the defaults hold', () => {
  expect(clusterSettingsOf(configured(undefined)).leaderElection.leaseDuration).toBe('15s');
});
