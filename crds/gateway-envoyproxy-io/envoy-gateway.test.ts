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
      admin: { address: { host: '127.0.0.1', port: 19_000 }, enableDumpConfig: false, enablePprof: false },
    },
  });
});

test('host infrastructure beside a cluster', () => {
  const custom = {
    resource: { type: 'Kubernetes', kubernetes: { watch: { type: 'Namespaces', namespaces: ['a'] } } },
    infrastructure: { type: 'Host', host: {} },
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
    'an empty watch',
    { provider: { kubernetes: { watch: { type: 'Namespaces' } } } },
    'provider.kubernetes.watch: type Namespaces needs namespaces, and nothing else',
  ],
  ['another kind', { kind: 'EnvoyProxy' }, 'kind: must be EnvoyGateway, not "EnvoyProxy"'],
])('refuses %s', (_, fields, complaint) => {
  expect(complaints(fields)).toEqual([complaint]);
});
