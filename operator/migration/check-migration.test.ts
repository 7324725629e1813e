import type { KubernetesObject } from '../../crds/object-meta.ts';
import { selfSigned, selfSignedUntil } from '../../e2e/harness/self-signed.ts';
import { infraName } from '../../translators/gateway-api/infra-name.ts';
import { checkMigration } from './check-migration.ts';
import type { Finding } from './finding.ts';
import {
  type AnyObject,
  backend,
  certificateSecret,
  condition,
  configuration,
  controller,
  controllerService,
  DEFAULT_CONFIGURATION,
  gateway,
  gatewayClass,
  HOME,
  httpRoute,
  named,
} from './testing/envoy-gateway-objects.ts';
import { envoyGatewayProxies } from './testing/envoy-gateway-proxies.ts';

const NAME = infraName('shop/web');
const NOW = Date.parse('2026-11-01T00:00:00Z');

const secret = (name: string, dns: string, until = '491231235959Z'): AnyObject => {
  const { certificate, key } = selfSignedUntil(until, dns);
  return certificateSecret(name, { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': certificate });
};
const SECRETS = [secret('envoy-gateway', 'envoy-gateway'), secret('envoy', `*.${HOME}`)];
const PROXIES = envoyGatewayProxies({ name: NAME });

/** A cluster that Envoy Gateway serves well; objects of the same name take the place of those that are there. */
const cluster = (...others: readonly AnyObject[]): readonly AnyObject[] => {
  const objects = [
    ...[controller(), controllerService(), configuration(DEFAULT_CONFIGURATION), ...SECRETS],
    ...[gatewayClass(), gateway(), httpRoute('a'), backend(), named('Namespace', 'shop'), ...PROXIES, ...others],
  ];
  return [...new Map(objects.map((object) => [identity(object), object])).values()];
};

const identity = ({ kind, metadata: { namespace = '', name } }: KubernetesObject): string => `${kind} ${namespace}/${name}`;

const check = (objects: readonly AnyObject[], whole = true): readonly Finding[] =>
  checkMigration({ objects, whole, namespace: HOME, now: NOW, version: '1.0.0' });

const without = (objects: readonly AnyObject[], name: string): readonly AnyObject[] =>
  objects.filter((object) => identity(object) !== name);

const heads = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, code, object }) => `${severity} ${code} ${object.kind} ${object.name}`);

/** The findings of an object of this kind. */
const of = (kind: string, objects: readonly AnyObject[], whole = true): readonly Finding[] =>
  check(objects, whole).filter(({ object }) => object.kind === kind);

const broken = (reason: string, message: string) => [
  condition({ type: 'Accepted' }),
  condition({ type: 'ResolvedRefs', status: 'False', reason, message }),
];

test('of a cluster that is served well nothing stops, and the takeover is said in words', () => {
  expect(heads(check(cluster()))).toEqual([
    'differs ConfigurationOfChart ConfigMap envoy-gateway-config',
    'differs ControllerRunning Deployment envoy-gateway',
    `differs PodsReplaced Deployment ${NAME}`,
    'differs ClusterNames GatewayClass eg',
    'works ConfigurationTaken ConfigMap envoy-gateway-config',
    'works CertificatesReused Secret envoy-gateway',
    'works CertificatesReused Secret envoy',
    `works SelectorEqual Deployment ${NAME}`,
    `works ServiceKept Service ${NAME}`,
    'works Unchanged Gateway web',
    'works Unchanged HTTPRoute a',
  ]);
});

test('objects of another controller are none of its business', () => {
  const theirs = { ...gatewayClass('theirs'), spec: { controllerName: 'example.com/other' } };
  const spec = { gatewayClassName: 'theirs', listeners: [{ name: 'tcp', port: 9, protocol: 'TCP' }] };
  const other = { ...gateway(), metadata: { namespace: 'shop', name: 'other' }, spec };
  const route = named('TCPRoute', 'shop/tcp', { spec: { parentRefs: [{ name: 'other' }], rules: [] } }, 'gateway.networking.k8s.io/v1');
  const ancestors = [
    { ancestorRef: { name: 'other' }, controllerName: 'example.com/other', conditions: [condition({ type: 'Accepted' })] },
  ];
  const policy = named('SecurityPolicy', 'shop/p', { spec: {}, status: { ancestors } }, 'gateway.envoyproxy.io/v1alpha1');
  expect(heads(check(cluster(theirs, other, route, policy)))).toEqual(heads(check(cluster())));
});

describe('the controller', () => {
  test.each([
    ['runs', { replicas: 1, annotations: {} }, 'ControllerRunning', 'Delete it, its Service and its ConfigMap envoy-gateway-config before'],
    [
      'is a Helm release',
      { replicas: 2, annotations: { 'meta.helm.sh/release-name': 'eg', 'meta.helm.sh/release-namespace': HOME } },
      'ControllerRunning',
      `helm uninstall eg --namespace ${HOME}`,
    ],
    ['is stopped', { replicas: 0, annotations: {} }, 'ControllerInstalled', 'Delete it'],
  ])('%s', (_, { replicas, annotations }, code, cure) => {
    const object = controller(replicas);
    const [found] = of('Deployment', cluster({ ...object, metadata: { ...object.metadata, annotations } }));
    expect(found).toMatchObject({ severity: 'differs', code, cure: expect.stringContaining(cure) });
  });

  test('that is Gatehouse already is not spoken of', () => {
    const object = controller();
    const labels = { 'app.kubernetes.io/name': 'gatehouse' };
    expect(heads(of('Deployment', cluster({ ...object, metadata: { ...object.metadata, labels } })))).not.toContain(
      'differs ControllerRunning Deployment envoy-gateway',
    );
  });
});

describe('the configuration', () => {
  test.each([
    ['a field that is not built', 'rateLimit: { backend: { type: Redis, redis: { url: "redis:6379" } } }', 'rateLimit'],
    ['a value that is wrong', 'admin: { address: { port: many } }', 'admin.address.port'],
    ['a field that nobody knows', 'colour: red', 'colour'],
  ])('with %s stops, by its name', (_, line, field) => {
    const [found] = of('ConfigMap', cluster(configuration(DEFAULT_CONFIGURATION + line)));
    expect(found).toMatchObject({
      severity: 'stops',
      code: 'ConfigurationRefused',
      field: expect.stringContaining(`envoy-gateway.yaml: ${field}`),
    });
    expect(found?.cure).toContain('config.envoyGateway of the chart');
  });

  test.each([
    ['no text', '', 'there is no text'],
    ['no YAML', 'a: [', 'it is no YAML'],
  ])('with %s stops', (_, text, words) => {
    const [found] = of('ConfigMap', cluster(configuration(text)));
    expect(found).toMatchObject({ severity: 'stops', code: 'ConfigurationRefused', message: expect.stringContaining(words) });
  });

  test('whose proxies are in the namespaces of Gateways is taken, and asks for rights', () => {
    const yaml = DEFAULT_CONFIGURATION.replace('kubernetes:', 'kubernetes:\n    deploy: { type: GatewayNamespace }');
    expect(heads(of('ConfigMap', cluster(configuration(yaml))))).toEqual(
      expect.arrayContaining([
        'works ConfigurationTaken ConfigMap envoy-gateway-config',
        'differs GatewayNamespaceMode ConfigMap envoy-gateway-config',
      ]),
    );
  });

  test("in which Envoy Gateway's chart names its own images starts without them; what a person chose is judged", () => {
    const findings = of('ConfigMap', cluster());
    expect(heads(findings)).toEqual([
      'differs ConfigurationOfChart ConfigMap envoy-gateway-config',
      'works ConfigurationTaken ConfigMap envoy-gateway-config',
    ]);
    expect(findings[0]?.field).toMatch(/shutdownManager.*rateLimitDeployment/);
    const limited = `${DEFAULT_CONFIGURATION}rateLimit: { backend: { type: Redis, redis: { url: 'redis:6379' } } }\n`;
    expect(of('ConfigMap', cluster(configuration(limited))).map(({ field }) => field)).toContain(
      'envoy-gateway.yaml: provider.kubernetes.rateLimitDeployment',
    );
    const pods = of('Deployment', cluster()).find(({ code }) => code === 'PodsReplaced');
    expect(pods?.field).toContain('spec.containers[shutdown-manager].image');
  });

  test('names the controller whose objects are looked at', () => {
    const yaml = DEFAULT_CONFIGURATION.replace(/controllerName: \S+/, 'controllerName: example.com/mine');
    expect(heads(of('HTTPRoute', cluster(configuration(yaml))))).toEqual([]);
  });

  test('has proxy settings of its own', () => {
    const yaml = `${DEFAULT_CONFIGURATION}envoyProxy: { telemetry: { tracing: { provider: { type: OpenTelemetry, host: otel } } } }\n`;
    const found = of('ConfigMap', cluster(configuration(yaml))).find(({ code }) => code === 'FieldIgnored');
    expect(found).toMatchObject({ severity: 'stops', field: 'envoy-gateway.yaml: envoyProxy.telemetry.tracing' });
  });
});

describe('the certificates', () => {
  test.each([
    ['of another name', secret('envoy', 'proxy.example.com'), 'CertificateNames', `does not name *.${HOME}`],
    ['that has ended', secret('envoy', `*.${HOME}`, '260101000000Z'), 'CertificateExpired', 'ended on 2026-01-01T00:00:00.000Z'],
    ['that is not whole', certificateSecret('envoy', { 'tls.crt': 'x', 'ca.crt': 'x' }), 'CertificateMissing', 'lacks tls.key'],
    [
      'that is no certificate',
      certificateSecret('envoy', { 'tls.crt': 'x', 'tls.key': 'x', 'ca.crt': 'x' }),
      'CertificateMissing',
      'holds no certificate',
    ],
  ])('%s: stops', (_, object, code, words) => {
    const found = of('Secret', cluster(object)).filter(({ severity }) => severity !== 'works');
    expect(found).toMatchObject([
      { severity: 'stops', code, object: { name: 'envoy' }, message: expect.stringContaining(words), cure: expect.any(String) },
    ]);
  });

  test('are missed in a cluster, and not in files', () => {
    const objects = without(cluster(), `Secret ${HOME}/envoy`);
    expect(heads(of('Secret', objects))).toContain('stops CertificateMissing Secret envoy');
    expect(heads(of('Secret', objects, false))).toEqual(['works CertificatesReused Secret envoy-gateway']);
  });

  test('of a listener are part of what is looked at', () => {
    const pair = selfSigned('www.example.com');
    const tls = named('Secret', 'shop/tls', {
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': Buffer.from(pair.certificate).toString('base64'), 'tls.key': Buffer.from(pair.key).toString('base64') },
    });
    const secured = gateway([{}, { name: 'https', port: 443, protocol: 'HTTPS', secret: 'tls' }]);
    expect(heads(of('Gateway', cluster(secured, tls)))).toEqual(['works Unchanged Gateway web']);
    expect(of('Gateway', cluster(secured))).toMatchObject([{ severity: 'stops', code: 'RefusedHere', field: 'listener https' }]);
    expect(of('Gateway', cluster(secured), false)).toMatchObject([{ severity: 'differs', code: 'NotInInput', field: 'listener https' }]);
  });
});

describe('kinds that are not built', () => {
  const target = { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'web' }] };
  test.each([
    ['XListenerSet', 'gateway.networking.x-k8s.io/v1alpha1', 'its listeners are no longer served'],
    ['SecurityPolicy', 'gateway.envoyproxy.io/v1alpha1', 'what it protects is open'],
    ['ClientTrafficPolicy', 'gateway.envoyproxy.io/v1alpha1', 'no effect on the listeners'],
    ['BackendTrafficPolicy', 'gateway.envoyproxy.io/v1alpha1', 'rate limits, retries'],
    ['EnvoyExtensionPolicy', 'gateway.envoyproxy.io/v1alpha1', 'no longer see any request'],
    ['EnvoyPatchPolicy', 'gateway.envoyproxy.io/v1alpha1', 'its patches are not made'],
    ['Backend', 'gateway.envoyproxy.io/v1alpha1', 'answer 500'],
    ['HTTPRouteFilter', 'gateway.envoyproxy.io/v1alpha1', 'answer 500'],
  ])('%s stops, and what follows is said', (kind, apiVersion, effect) => {
    const spec = kind.endsWith('Route') ? { parentRefs: [{ name: 'web' }], rules: [] } : target;
    const found = of(kind, cluster(named(kind, 'shop/x', { spec }, apiVersion)));
    expect(found).toMatchObject([
      { severity: 'stops', code: 'KindNotBuilt', message: expect.stringContaining(effect), cure: expect.any(String) },
    ]);
  });
});

describe('a route', () => {
  const ghost = { backendRefs: [{ name: 'ghost', port: 80 }] };
  test('that Gatehouse refuses and Envoy Gateway does not: stops', () => {
    const filters = [{ type: 'ExtensionRef', extensionRef: { group: 'gateway.envoyproxy.io', kind: 'HTTPRouteFilter', name: 'f' } }];
    expect(of('HTTPRoute', cluster(httpRoute('a', { filters })))).toMatchObject([
      {
        severity: 'stops',
        code: 'RefusedHere',
        field: 'Gateway web',
        message: expect.stringMatching(/^Envoy Gateway accepts it\. Gatehouse says/),
      },
    ]);
  });

  test('that neither takes is said to be broken already', () => {
    const route = httpRoute('a', ghost, broken('BackendNotFound', 'service shop/ghost not found'));
    expect(of('HTTPRoute', cluster(route))).toMatchObject([
      { severity: 'works', code: 'BrokenAlready', message: expect.stringContaining('service shop/ghost not found') },
    ]);
  });

  test('that refers to something that is not in the files may work', () => {
    expect(of('HTTPRoute', cluster(httpRoute('a', ghost)), false)).toMatchObject([{ severity: 'differs', code: 'NotInInput' }]);
    expect(of('HTTPRoute', cluster(httpRoute('a', ghost)))).toMatchObject([{ severity: 'stops', code: 'RefusedHere' }]);
  });

  test('that Envoy Gateway alone refuses begins to serve', () => {
    const route = httpRoute('a', {}, broken('UnsupportedRefValue', 'not supported'));
    expect(of('HTTPRoute', cluster(route))).toMatchObject([
      { severity: 'differs', code: 'AcceptedHere', cure: 'Delete it if it shall not serve.' },
    ]);
  });

  test('whose backends have no endpoints today is as it was: that is no refusal', () => {
    const available = condition({ type: 'BackendsAvailable', status: 'False', reason: 'EndpointsNotFound' });
    const route = httpRoute('a', {}, [condition({ type: 'Accepted' }), condition({ type: 'ResolvedRefs' }), available]);
    expect(heads(of('HTTPRoute', cluster(route)))).toEqual(['works Unchanged HTTPRoute a']);
  });

  test('with a field that does nothing yet says which', () => {
    const found = of('HTTPRoute', cluster(httpRoute('a', { sessionPersistence: { type: 'Header', absoluteTimeout: '1h' } })));
    expect(found).toMatchObject([{ severity: 'differs', code: 'FieldIgnored', field: 'spec.rules[0].sessionPersistence.absoluteTimeout' }]);
  });

  test('with a value that no schema takes stops', () => {
    const found = of('HTTPRoute', cluster(httpRoute('a', { timeouts: { request: 'soon' } })));
    expect(found).toMatchObject([{ severity: 'stops', code: 'ObjectInvalid', field: expect.stringContaining('timeouts.request') }]);
  });

  test('with a field that Gatehouse does not know goes on without it', () => {
    const found = of('HTTPRoute', cluster(httpRoute('a', { mood: 'good' })));
    expect(found).toMatchObject([{ severity: 'differs', code: 'FieldUnknown', field: expect.stringContaining('mood') }]);
  });
});

test('what names clusters as Envoy Gateway does is found, and route names are not taken for it', () => {
  const dashboard = (text: string) => named('ConfigMap', 'monitoring/dashboard', { data: { 'a.json': text } });
  const found = of(
    'ConfigMap',
    cluster(dashboard('sum(rate(envoy_cluster_upstream_rq{envoy_cluster_name="httproute/shop/a/rule/0"}[1m]))')),
  );
  expect(found).toContainEqual(
    expect.objectContaining({ code: 'ClusterNames', message: expect.stringContaining('(httproute/shop/a/rule/0)') }),
  );
  const routes = of('ConfigMap', cluster(dashboard('route_name="httproute/shop/a/rule/0/match/0/*"')));
  expect(routes.filter(({ code }) => code === 'ClusterNames')).toEqual([]);
});
