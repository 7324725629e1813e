import { infraName } from '../../translators/gateway-api/infra-name.ts';
import { checkMigration } from './check-migration.ts';
import type { Finding } from './finding.ts';
import { type AnyObject, backend, gateway, gatewayClass, HOME, httpRoute, named } from './testing/envoy-gateway-objects.ts';
import { envoyGatewayProxies, proxyLabels } from './testing/envoy-gateway-proxies.ts';

const NAME = infraName('shop/web');
const ENVOY_GATEWAY = 'gateway.envoyproxy.io/v1alpha1';

/** Findings of what was made for proxies, and of EnvoyProxies. */
const check = (...objects: readonly AnyObject[]): readonly Finding[] =>
  checkMigration({ objects: [httpRoute('a'), backend(), ...objects], whole: true, namespace: HOME, now: 0, version: '1.0.0' }).filter(
    ({ object: { kind } }) => ['Deployment', 'DaemonSet', 'Service', 'ServiceAccount', 'ConfigMap', 'EnvoyProxy', 'Gateway'].includes(kind),
  );
const heads = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, code, object }) => `${severity} ${code} ${object.kind} ${object.name}`);

const envoyProxy = (spec: object): AnyObject => named('EnvoyProxy', `${HOME}/p`, { spec }, ENVOY_GATEWAY);
const classWithProxy = (spec: object): readonly AnyObject[] => [gatewayClass('eg', { namespace: HOME, name: 'p' }), envoyProxy(spec)];
const proxies = (change: (object: AnyObject) => AnyObject = (same) => same): readonly AnyObject[] =>
  envoyGatewayProxies({ name: NAME }).map(change);
/** With other fields in its spec. */
const changed = (kind: string, fields: object) => (object: AnyObject) =>
  object.kind === kind ? { ...object, spec: { ...(object.spec as object), ...fields } } : object;

test('a Deployment whose selector is another cannot be taken over', () => {
  const found = check(gatewayClass(), gateway(), ...proxies(changed('Deployment', { selector: { matchLabels: { app: 'mine' } } })));
  expect(found.find(({ code }) => code === 'SelectorDiffers')).toMatchObject({
    severity: 'stops',
    object: { kind: 'Deployment', namespace: HOME, name: NAME },
    field: 'spec.selector',
    message: expect.stringContaining('A selector cannot be changed'),
    cure: expect.stringContaining('--cascade=orphan'),
  });
});

test('pods are said to be replaced, and by what', () => {
  const found = check(gatewayClass(), gateway(), ...proxies()).find(({ code }) => code === 'PodsReplaced');
  expect(found).toMatchObject({ severity: 'differs', field: expect.stringContaining('spec.containers[envoy].image') });
  expect(found?.field).not.toMatch(/resources|serviceAccountName|livenessProbe|spec\.volumes\[certs\]/);
});

test('fields of a Service that change are named, also ports that go', () => {
  const ports = [
    { name: 'http-80', port: 80, targetPort: 10_080, protocol: 'TCP' },
    { name: 'tcp-9000', port: 9000, targetPort: 9000, protocol: 'TCP' },
  ];
  const found = check(gatewayClass(), gateway(), ...proxies(changed('Service', { ports, type: 'NodePort' })));
  expect(found.find(({ code }) => code === 'ServiceKept')).toMatchObject({
    severity: 'differs',
    field: 'spec.type, spec.ports[tcp-9000] (goes)',
  });
});

test('a load balancer that would be asked for another address is not said to keep its own', () => {
  const own = gateway();
  const addresses = [{ type: 'NamedAddress', value: 'shop-ip' }];
  const infrastructure = { annotations: { 'cloud.google.com/l4-rbs': 'enabled' } };
  const asking = { ...own, spec: { ...(own.spec as object), addresses, infrastructure } };
  const node = named('Node', 'n1', { spec: { providerID: 'gce://p/z/n1' } });
  const found = check(gatewayClass(), asking, node, ...proxies());
  expect(heads(found)).toContain('differs TakesEffect Gateway web');
  expect(found.find(({ code }) => code === 'ServiceKept')).toMatchObject({
    severity: 'differs',
    field: 'metadata.annotations[networking.gke.io/load-balancer-ip-addresses]',
    message: expect.stringContaining('its address may become'),
  });
});

test('what has another name would be deleted: a Service with its address', () => {
  const others = proxies((object) =>
    object.kind === 'Service' || object.kind === 'ServiceAccount' ? { ...object, metadata: { ...object.metadata, name: 'edge' } } : object,
  );
  const found = check(gatewayClass(), gateway(), ...others);
  expect(heads(found)).toEqual(expect.arrayContaining(['stops NameDiffers Service edge', 'differs NameDiffers ServiceAccount edge']));
  expect(found[0]).toMatchObject({
    message: `Gatehouse calls it ${NAME}, and deletes this one. Its address goes with it.`,
    cure: expect.stringContaining('envoyService.name'),
  });
});

test('names that an EnvoyProxy gives are followed', () => {
  const kubernetes = { envoyService: { name: 'edge', type: 'LoadBalancer', externalTrafficPolicy: 'Local' } };
  const named_ = proxies((object) => (object.kind === 'Service' ? { ...object, metadata: { ...object.metadata, name: 'edge' } } : object));
  const found = check(...classWithProxy({ provider: { type: 'Kubernetes', kubernetes } }), gateway(), ...named_);
  expect(heads(found)).toContain('works ServiceKept Service edge');
  expect(heads(found)).toContain('works Unchanged EnvoyProxy p');
});

test('proxies of a Gateway that is not served are deleted, and that is said', () => {
  const found = check(gatewayClass(), ...proxies());
  expect(heads(found)).toEqual(['ServiceAccount', 'ConfigMap', 'Deployment', 'Service'].map((kind) => `differs NoGateway ${kind} ${NAME}`));
});

test('a patch that cannot be made leaves the proxies as they are', () => {
  const kubernetes = { envoyService: { type: 'LoadBalancer', patch: { type: 'JSONMerge', value: { spec: 'no' } } } };
  const found = check(...classWithProxy({ provider: { type: 'Kubernetes', kubernetes } }), gateway(), ...proxies());
  expect(found).toContainEqual(
    expect.objectContaining({
      severity: 'stops',
      code: 'InfrastructureRefused',
      object: { kind: 'Gateway', namespace: 'shop', name: 'web' },
    }),
  );
});

test('proxies in the namespace of their Gateway are taken over in the mode for them', () => {
  const text = `apiVersion: ${ENVOY_GATEWAY}\nkind: EnvoyGateway\nprovider: { type: Kubernetes, kubernetes: { deploy: { type: GatewayNamespace } } }`;
  const configuration = named('ConfigMap', `${HOME}/envoy-gateway-config`, { data: { 'envoy-gateway.yaml': text } }, 'v1');
  const moved = envoyGatewayProxies({ name: 'web' }).map((object) => ({ ...object, metadata: { ...object.metadata, namespace: 'shop' } }));
  const gone = named('Service', 'shop/gone', { metadata: { labels: proxyLabels({ gateway: 'gone' }) }, spec: {} });
  const found = check(gatewayClass(), gateway(), configuration, gone, ...moved);
  expect(heads(found)).toEqual(
    expect.arrayContaining(['works ServiceKept Service web', 'works SelectorEqual Deployment web', 'differs PodsReplaced Deployment web']),
  );
  expect(heads(found).filter((head) => head.startsWith('stops') || head.includes('NoGateway'))).toEqual([]);
});

describe('what this release does not build', () => {
  test('the service for global rate limits is left alone', () => {
    const labels = { ...proxyLabels(), 'app.kubernetes.io/name': 'envoy-ratelimit', 'app.kubernetes.io/component': 'ratelimit' };
    const found = check(gatewayClass(), named('Deployment', `${HOME}/envoy-ratelimit`, { metadata: { labels } }, 'apps/v1'));
    expect(heads(found)).toEqual(['stops RateLimitService Deployment envoy-ratelimit']);
  });

  test('proxies in the namespace of their Gateway, where the configuration says nothing of them', () => {
    const metadata = { labels: { ...proxyLabels(), 'gateway.networking.k8s.io/gateway-name': 'web' } };
    const found = check(gatewayClass(), gateway(), named('Deployment', 'shop/web', { metadata }, 'apps/v1'));
    expect(heads(found)).toContain('stops GatewayNamespaceMode Deployment web');
  });

  test('proxies that all Gateways of a class share, and the field that asks for it', () => {
    const { 'gateway.envoyproxy.io/owning-gateway-name': _, 'gateway.envoyproxy.io/owning-gateway-namespace': __, ...rest } = proxyLabels();
    const metadata = { labels: { ...rest, 'gateway.envoyproxy.io/owning-gatewayclass': 'eg' } };
    const shared = named('Service', `${HOME}/envoy-eg-1234`, { metadata, spec: {} });
    const found = check(...classWithProxy({ mergeGateways: true }), gateway(), shared);
    expect(heads(found)).toEqual(
      expect.arrayContaining(['stops MergedGateways EnvoyProxy p', 'stops MergedGateways Service envoy-eg-1234']),
    );
    expect(found.find(({ object }) => object.kind === 'Service')?.message).toContain('with its address');
  });

  test.each([
    [
      { telemetry: { accessLog: { settings: [{ sinks: [{ type: 'File', file: { path: '/dev/stdout' } }] }] } } },
      'stops',
      'spec.telemetry.accessLog.settings',
    ],
    [{ backendTLS: {} }, 'stops', 'spec.backendTLS'],
    [{ preserveRouteOrder: true }, 'differs', 'spec.preserveRouteOrder'],
  ])('%j', (spec, severity, field) => {
    const found = check(...classWithProxy(spec), gateway()).filter(({ object }) => object.kind === 'EnvoyProxy');
    expect(found).toMatchObject([{ severity, code: 'FieldIgnored', field, cure: expect.any(String) }]);
  });
});
