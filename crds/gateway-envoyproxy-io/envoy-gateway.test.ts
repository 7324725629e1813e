import { complaintsOf } from '../testing/admission-of.ts';
import { admitConfiguration } from '../validate.ts';

const configuration = (fields: object): object => ({ apiVersion: 'gateway.envoyproxy.io/v1alpha1', kind: 'EnvoyGateway', ...fields });
const complaints = (fields: object): readonly string[] => complaintsOf(admitConfiguration(configuration(fields)));

test('an empty configuration is the default one', () => {
  expect(admitConfiguration(configuration({}))).toEqual({
    ok: true,
    value: {
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'EnvoyGateway',
      gateway: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
      provider: { type: 'Kubernetes' },
      logging: { level: { default: 'info' }, encoder: 'Text' },
      admin: { address: { host: '127.0.0.1', port: 19_000 }, enableDumpConfig: false },
    },
  });
});

test('host infrastructure beside a cluster', () => {
  const custom = {
    resource: { type: 'Kubernetes', kubernetes: {} },
    infrastructure: { type: 'Host', host: { runtimeDir: '/run/gatehouse' } },
  };
  expect(complaints({ provider: { type: 'Custom', custom } })).toEqual([]);
});

test.each<[string, object, string]>([
  ['what is not built yet', { rateLimit: {} }, 'rateLimit: is not built yet; remove the field'],
  [
    'what is not built yet, deep',
    { provider: { kubernetes: { rateLimitDeployment: {} } } },
    'provider.kubernetes.rateLimitDeployment: is not built yet; remove the field',
  ],
  ['what does not exist', { loging: {} }, 'loging: unknown field; did you mean logging?'],
  [
    'a custom provider that says nothing',
    { provider: { type: 'Custom' } },
    'provider: custom goes with type Custom, and type Custom needs it',
  ],
  [
    'files without paths',
    { provider: { type: 'Custom', custom: { resource: { type: 'File', file: { paths: [] } } } } },
    'provider.custom.resource.file.paths: must have at least 1 item, not 0',
  ],
  [
    'a component that does not exist',
    { logging: { level: { proider: 'debug' } } },
    'logging.level.proider: unknown field; did you mean logging.level.provider?',
  ],
  ['no level', { logging: { level: { default: 'loud' } } }, 'logging.level.default: must be one of debug, info, warn, error, not "loud"'],
  ['another kind', { kind: 'EnvoyProxy' }, 'kind: must be EnvoyGateway, not "EnvoyProxy"'],
])('refuses %s', (_, fields, complaint) => {
  expect(complaints(fields)).toEqual([complaint]);
});

const kubernetes = (fields: object): object => ({ provider: { kubernetes: fields } });
const custom = (resource: object, host: object): object => ({
  provider: { type: 'Custom', custom: { resource: { type: 'Kubernetes', kubernetes: resource }, infrastructure: { type: 'Host', host } } },
});

test.each<[string, object]>([
  ['provider.kubernetes.watch', kubernetes({ watch: {} })],
  ['provider.kubernetes.leaderElection', kubernetes({ leaderElection: {} })],
  ['provider.kubernetes.client', kubernetes({ client: {} })],
  ['provider.kubernetes.cacheSyncPeriod', kubernetes({ cacheSyncPeriod: '1m' })],
  ['provider.custom.resource.kubernetes.watch', custom({ watch: {} }, {})],
  ['provider.custom.resource.kubernetes.leaderElection', custom({ leaderElection: {} }, {})],
  ['provider.custom.infrastructure.host.configHome', custom({}, { configHome: '/a' })],
  ['provider.custom.infrastructure.host.dataHome', custom({}, { dataHome: '/a' })],
  ['provider.custom.infrastructure.host.stateHome', custom({}, { stateHome: '/a' })],
  ['logging.level["global-ratelimit"]', { logging: { level: { 'global-ratelimit': 'debug' } } }],
  ['admin.enablePprof', { admin: { enablePprof: false } }],
])('%s is refused, as nothing would come of it', (path, fields) => {
  expect(complaints(fields)).toEqual([`${path}: is not built yet; remove the field`]);
});
