import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../crds/object-meta.ts';
import { call, type Outcome } from './testing/call.ts';

const OBJECTS = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: example.com/ours}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec: {gatewayClassName: eg, listeners: [{name: http, protocol: HTTP, port: 80}]}
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** `gatehouse translate` of these objects by an EnvoyGateway configuration with these fields. */
async function translated(view: string, configuration: string, environment = {}): Promise<Outcome> {
  const config = join(folder, 'envoy-gateway.yaml');
  await writeFile(config, `apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyGateway\n${configuration}`);
  return await call(['translate', '-f', '-', '--to', view, '--config', config], { input: OBJECTS, environment });
}

const OURS = 'gateway: {controllerName: example.com/ours}\n';

interface Manifest extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

// The shape of what is printed is checked by what is expected of it.
const manifestsIn = ({ out }: Outcome): readonly Manifest[] => parseAllDocuments(out).map((document) => document.toJS() as Manifest);
const placesIn = (outcome: Outcome): readonly string[] =>
  manifestsIn(outcome).map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);

test('deploy.type GatewayNamespace: proxies are made in the namespace of their Gateway, under its name, and prove themselves by tokens', async () => {
  const outcome = await translated('infra', `${OURS}provider: {kubernetes: {deploy: {type: GatewayNamespace}}}\n`);
  expect([outcome.code, outcome.err]).toEqual([0, '']);
  expect(placesIn(outcome)).toEqual(['ServiceAccount', 'ConfigMap', 'Deployment', 'Service'].map((kind) => `${kind} shop/web`));
  expect(JSON.stringify(manifestsIn(outcome))).toContain('"audience":"envoy-gateway.envoy-gateway-system.svc.cluster.local"');
  expect(outcome.out).not.toContain('envoy-gateway.gateways.svc');
});

test('ControllerNamespace, said or not: proxies are made with the controller, where the environment says that it is', async () => {
  const outcome = await translated('infra', OURS, {
    ENVOY_GATEWAY_NAMESPACE: 'gateways',
    ENVOY_PROXY_IMAGE: 'mirror.example.com/envoy:1',
    KUBERNETES_CLUSTER_DOMAIN: 'example.org',
  });
  const name = expect.stringMatching(/^\w+ gateways\/envoy-shop-web-[0-9a-f]{8}$/);
  expect(placesIn(outcome)).toEqual([name, name, name, name]);
  expect(outcome.out).toContain('image: mirror.example.com/envoy:1');
  expect(outcome.out).toContain('envoy-gateway.gateways.svc.example.org.');
});

test('gateway.controllerName says which classes are translated', async () => {
  expect(await translated('infra', '')).toEqual({ code: 0, out: '', err: '' });
});

test('envoyProxy holds for proxies of which nobody else says how they are run; shutdownManager and proxyTopologyInjector for all', async () => {
  const envoyProxy = 'envoyProxy: {provider: {type: Kubernetes, kubernetes: {envoyDeployment: {replicas: 3}}}}\n';
  const provider = 'provider: {kubernetes: {shutdownManager: {image: "mirror.example.com/gatehouse:2"}}}\n';
  const { code, out } = await translated('infra', OURS + envoyProxy + provider);
  expect(code).toBe(0);
  expect(out).toContain('replicas: 3');
  expect(out).toContain('image: mirror.example.com/gatehouse:2');
});

test('Envoy is configured as in that cluster: listeners as the operator binds them', async () => {
  const bound = async (configuration: string, environment = {}): Promise<string | undefined> =>
    /address: (\S+)\n\s+portValue: 10080/.exec((await translated('xds', configuration, environment)).out)?.[1];
  expect(await bound(OURS)).toBe('0.0.0.0');
  expect(await bound(OURS, { POD_IP: 'fd00::1' })).toBe('"::"');
});

test('proxies of a machine have no manifests', async () => {
  const custom = 'provider: {type: Custom, custom: {resource: {type: Kubernetes}, infrastructure: {type: Host, host: {}}}}\n';
  expect(await translated('infra', OURS + custom)).toEqual({ code: 0, out: '', err: '' });
  expect((await translated('xds', OURS + custom)).out).toContain('shop/web/http');
});

test('a configuration with which the operator would not start is an error; so is one beside --controller-name', async () => {
  const refused = await translated('infra', 'rateLimit: {backend: {type: Redis}}\n');
  expect([refused.code, refused.out]).toEqual([1, '']);
  expect(refused.err).toMatch(/^error: .*envoy-gateway\.yaml: the configuration is not valid.*\n {2}rateLimit: .*not built yet/);
  const device = await call(['translate', '-f', '-', '--config', '/dev/zero']);
  expect([device.code, device.err]).toEqual([
    1,
    'error: /dev/zero: the configuration cannot be read (it is no regular file); check the path given by --config.\n',
  ]);
  const both = await call(['translate', '-f', '-', '--config', 'x', '--controller-name', 'example.com/ours']);
  expect([both.code, both.err]).toEqual([
    2,
    expect.stringContaining("'--config <path>' cannot be used with option '--controller-name <name>'"),
  ]);
});
