import { complaintsOf } from '../testing/admission-of.ts';
import { admitConfiguration } from '../validate.ts';
import { DEFAULT_CLUSTER_SETTINGS } from './controller-cluster.ts';

const configuration = (fields: object): object => ({ apiVersion: 'gateway.envoyproxy.io/v1alpha1', kind: 'EnvoyGateway', ...fields });
const complaints = (fields: object): readonly string[] => complaintsOf(admitConfiguration(configuration(fields)));

const kubernetes = (fields: object): object => ({ provider: { kubernetes: fields } });
const custom = (resource: object, host: object): object => ({
  provider: { type: 'Custom', custom: { resource: { type: 'Kubernetes', kubernetes: resource }, infrastructure: { type: 'Host', host } } },
});

test('an empty configuration is the default one', () => {
  expect(admitConfiguration(configuration({}))).toEqual({
    ok: true,
    value: {
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'EnvoyGateway',
      gateway: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
      provider: { type: 'Kubernetes' },
      logging: { level: { default: 'info' }, encoder: 'Text' },
      admin: { address: { host: '127.0.0.1', port: 19_000 }, enableDumpConfig: false, enablePprof: false },
      telemetry: { metrics: { prometheus: { disable: false } } },
      xdsServer: { maxConnectionAgeGrace: '2m', maxReceiveMessageSize: '32Mi' },
    },
  });
});

test('what a provider that says nothing means', () => {
  expect(DEFAULT_CLUSTER_SETTINGS).toEqual({
    leaderElection: { disable: false, leaseDuration: '15s', renewDeadline: '10s', retryPeriod: '2s' },
  });
});

/** Shapes that the documentation of Envoy Gateway shows, in our words: what works there works here. */
test.each<[string, object]>([
  ['host infrastructure beside a cluster', custom({}, { runtimeDir: '/run/gatehouse' })],
  ['namespaces to watch', kubernetes({ watch: { type: 'Namespaces', namespaces: ['shop', 'team-a'] } })],
  [
    'labels of namespaces to watch',
    kubernetes({ watch: { type: 'NamespaceSelector', namespaceSelector: { matchLabels: { env: 'prod' } } } }),
  ],
  [
    'expressions over labels of namespaces',
    kubernetes({
      watch: {
        type: 'NamespaceSelector',
        namespaceSelector: {
          matchExpressions: [
            { key: 'env', operator: 'In', values: ['prod'] },
            { key: 'old', operator: 'DoesNotExist' },
          ],
        },
      },
    }),
  ],
  ['leader election', kubernetes({ leaderElection: { disable: false, leaseDuration: '30s', renewDeadline: '20s', retryPeriod: '3s' } })],
  ['a part of leader election', custom({ leaderElection: { disable: true } }, {})],
  ['requests to the API server', kubernetes({ client: { rateLimit: { qps: 200 } }, cacheSyncPeriod: '10h' })],
  [
    'the rest of the provider',
    kubernetes({
      shutdownManager: { image: 'example.com/gatehouse:1' },
      proxyTopologyInjector: { disabled: true },
      deploy: { type: 'ControllerNamespace' },
    }),
  ],
  ['levels and form of the log', { logging: { level: { default: 'warn', 'gateway-api': 'debug' }, encoder: 'JSON' } }],
  ['the admin interface', { admin: { address: { host: '0.0.0.0', port: 19_000 }, enableDumpConfig: true, enablePprof: true } }],
  ['no Prometheus', { telemetry: { metrics: { prometheus: { disable: true } } } }],
  [
    'metrics that are sent',
    {
      telemetry: {
        metrics: { sinks: [{ type: 'OpenTelemetry', openTelemetry: { host: 'otel.monitoring.svc', port: 4318, protocol: 'http' } }] },
      },
    },
  ],
  [
    'traces that are sent',
    {
      telemetry: {
        traces: { samplingRate: { numerator: 1, denominator: 10 }, sink: { type: 'OpenTelemetry', openTelemetry: { host: 'otel' } } },
      },
    },
  ],
  ['the xDS server', { xdsServer: { maxConnectionAge: '1h30m', maxConnectionAgeGrace: '10s', maxReceiveMessageSize: '64Mi' } }],
  [
    'proxies of all Gateways',
    { envoyProxy: { concurrency: 2, provider: { type: 'Kubernetes', kubernetes: { envoyDeployment: { replicas: 2 } } } } },
  ],
  ['extensions that stay off', { extensionApis: { enableBackend: false, enableEnvoyPatchPolicy: false } }],
  ['flags that change nothing', { runtimeFlags: { enabled: ['EndpointSliceIndex'], disabled: ['XDSNameSchemeV2'] } }],
])('takes %s', (_, fields) => {
  expect(complaints(fields)).toEqual([]);
});

test.each<[string, object, string]>([
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
  [
    'a name that no class can have',
    { gateway: { controllerName: 'mine' } },
    'gateway.controllerName: must be a domain and a path such as example.com/controller, not "mine"',
  ],
  [
    'namespaces without any',
    kubernetes({ watch: { type: 'Namespaces' } }),
    'provider.kubernetes.watch: namespaces goes with type Namespaces, and type Namespaces needs it',
  ],
  [
    'a selector with the wrong type',
    kubernetes({ watch: { type: 'Namespaces', namespaces: ['a'], namespaceSelector: { matchLabels: { a: 'b' } } } }),
    'provider.kubernetes.watch: namespaceSelector goes with type NamespaceSelector, and type NamespaceSelector needs it',
  ],
  [
    'a selector that selects nothing in particular',
    kubernetes({ watch: { type: 'NamespaceSelector', namespaceSelector: {} } }),
    'provider.kubernetes.watch.namespaceSelector: an empty selector takes every namespace; say matchLabels or matchExpressions, or remove watch',
  ],
  [
    'an operator without values',
    kubernetes({ watch: { type: 'NamespaceSelector', namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } }),
    'provider.kubernetes.watch.namespaceSelector.matchExpressions[0]: In and NotIn need values, Exists and DoesNotExist have none',
  ],
  [
    'a lease that ends before it is renewed',
    kubernetes({ leaderElection: { leaseDuration: '10s' } }),
    'provider.kubernetes.leaderElection: leaseDuration must be longer than renewDeadline',
  ],
  [
    'a lease that is never tried again',
    custom({ leaderElection: { retryPeriod: '1m' } }, {}),
    'provider.custom.resource.kubernetes.leaderElection: renewDeadline must be longer than retryPeriod',
  ],
  ['no time at all', kubernetes({ cacheSyncPeriod: '0s' }), 'provider.kubernetes.cacheSyncPeriod: must be longer than nothing'],
  [
    'no time',
    { xdsServer: { maxConnectionAge: '1 hour' } },
    'xdsServer.maxConnectionAge: must be a duration such as 500ms, 10s or 1h30m, not "1 hour"',
  ],
  ['no requests', kubernetes({ client: { rateLimit: { qps: 0 } } }), 'provider.kubernetes.client.rateLimit.qps: must be at least 1, not 0'],
  [
    'a protocol that OpenTelemetry does not have',
    { telemetry: { metrics: { sinks: [{ type: 'OpenTelemetry', openTelemetry: { host: 'a', protocol: 'udp' } }] } } },
    'telemetry.metrics.sinks[0].openTelemetry.protocol: must be one of grpc, http, not "udp"',
  ],
  [
    'a sink that leads nowhere',
    { telemetry: { traces: { sink: { type: 'OpenTelemetry' } } } },
    'telemetry.traces.sink: openTelemetry goes with type OpenTelemetry, and type OpenTelemetry needs it',
  ],
  [
    'proxies that their own kind would not allow',
    { envoyProxy: { provider: { type: 'Kubernetes', kubernetes: { envoyDaemonSet: {}, envoyDeployment: {} } } } },
    'envoyProxy.provider.kubernetes: only one of envoyDeployment or envoyDaemonSet can be specified',
  ],
  [
    'a flag that is none',
    { runtimeFlags: { enabled: ['Fast'] } },
    'runtimeFlags.enabled[0]: must be one of XDSNameSchemeV2, EndpointSliceIndex, PerResourceSystemCASecret, not "Fast"',
  ],
])('refuses %s', (_, fields, complaint) => {
  expect(complaints(fields)).toEqual([complaint]);
});

test.each<[string, object]>([
  ['provider.kubernetes.rateLimitDeployment', kubernetes({ rateLimitDeployment: {} })],
  ['provider.kubernetes.rateLimitHpa', kubernetes({ rateLimitHpa: { maxReplicas: 2 } })],
  ['provider.kubernetes.rateLimitPDB', kubernetes({ rateLimitPDB: { minAvailable: 1 } })],
  ['provider.custom.infrastructure.host.configHome', custom({}, { configHome: '/a' })],
  ['provider.custom.infrastructure.host.dataHome', custom({}, { dataHome: '/a' })],
  ['provider.custom.infrastructure.host.stateHome', custom({}, { stateHome: '/a' })],
  ['logging.level["global-ratelimit"]', { logging: { level: { 'global-ratelimit': 'debug' } } }],
  ['rateLimit', { rateLimit: { backend: { type: 'Redis', redis: { url: 'redis:6379' } }, failClosed: true } }],
  [
    'extensionManager',
    { extensionManager: { hooks: { xdsTranslator: { post: ['Route'] } }, service: { fqdn: { hostname: 'a.b', port: 80 } } } },
  ],
  [
    'extensionManagers',
    { extensionManagers: [{ name: 'a', policyResources: [{ group: 'a.b', version: 'v1', kind: 'C' }], service: { host: 'a' } }] },
  ],
])('%s is refused, as nothing would come of it', (path, fields) => {
  expect(complaints(fields)).toEqual([`${path}: is not built yet; remove the field`]);
});

test.each<[string, object, string]>([
  ['extensionApis.enableBackend', { extensionApis: { enableBackend: true } }, 'true is not built yet; remove the field'],
  ['extensionApis.disableLua', { extensionApis: { disableLua: false } }, 'Lua is not built yet; remove the field'],
  ['runtimeFlags.enabled', { runtimeFlags: { enabled: ['XDSNameSchemeV2'] } }, 'XDSNameSchemeV2 is not built yet; take it from the list'],
  [
    'runtimeFlags.disabled',
    { runtimeFlags: { disabled: ['EndpointSliceIndex'] } },
    'EndpointSliceIndex is how endpoints are found here and cannot be off; take it from the list',
  ],
])('%s is refused where its value would do nothing', (path, fields, message) => {
  expect(complaints(fields)).toEqual([`${path}: ${message}`]);
});

const redis = (fields: object): object => ({ rateLimit: { backend: { type: 'Redis', redis: fields } } });

test.each<[string, object, string]>([
  ['no address', redis({}), 'rateLimit.backend.redis: exactly one of url and urlRef says where Redis is'],
  [
    'two addresses',
    redis({ url: 'a:1', urlRef: { secretKeyRef: { name: 'a', key: 'b' } } }),
    'rateLimit.backend.redis: exactly one of url and urlRef says where Redis is',
  ],
  [
    'a list with a gap',
    redis({ url: 'a:1,,b:2' }),
    'rateLimit.backend.redis.url: must be host:port, or several of them with commas between',
  ],
  [
    'a Secret that may be missing',
    redis({ urlRef: { secretKeyRef: { name: 'a', key: 'b', optional: true } } }),
    'rateLimit.backend.redis.urlRef.secretKeyRef: the Secret is needed; remove optional',
  ],
  [
    'an extension that nobody calls',
    { extensionManager: { service: { host: 'a' } } },
    'extensionManager: it would never be called; name a hook in hooks.xdsTranslator, or a kind in policyResources',
  ],
  [
    'a service in two places',
    {
      extensionManager: {
        hooks: { xdsTranslator: { pre: ['Cluster'] } },
        service: { ip: { address: '10.0.0.1', port: 1 }, unix: { path: '/s' } },
      },
    },
    'extensionManager.service: exactly one of fqdn, ip, unix, host says where the service is',
  ],
  [
    'both ways to name extensions',
    {
      extensionManager: { policyResources: [{ group: '', version: 'v1', kind: 'A' }] },
      extensionManagers: [{ name: 'a', policyResources: [{ group: '', version: 'v1', kind: 'A' }] }],
    },
    'EnvoyGateway: use extensionManagers alone',
  ],
])('of what is not built it is said too: %s', (_, fields, complaint) => {
  expect(complaints(fields).map((each) => each.replace(/^: /, 'EnvoyGateway: '))).toContain(complaint);
});

test('all that is wrong is told at once: shapes, rules and names', () => {
  const found = complaints({
    loging: {},
    admin: { address: { port: 'many' } },
    extensionApis: { enableLua: true },
    ...kubernetes({ watch: { type: 'Namespaces' }, leaderElection: { leaseDuration: 3, renewDeadline: '1s' } }),
  });
  expect([...found].sort()).toEqual([
    'admin.address.port: must be a whole number, not "many"',
    'extensionApis.enableLua: true is not built yet; remove the field',
    'loging: unknown field; did you mean logging?',
    'provider.kubernetes.leaderElection.leaseDuration: must be a string, not 3',
    'provider.kubernetes.watch: namespaces goes with type Namespaces, and type Namespaces needs it',
  ]);
});
