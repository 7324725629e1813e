import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { certifiedSecrets, makeCertificateSet } from '../../operator/certificates/certificate-set.ts';
import { applyObject } from '../../operator/cluster/apply.ts';
import { LEASE_NAME } from '../../operator/cluster/leader-election.ts';
import { LEASE } from '../../operator/cluster/lease.ts';
import { keyOf, type ResourceKind } from '../../operator/cluster/resource-kind.ts';
import { fieldsOf } from '../../operator/infrastructure/kubernetes/json-fields.ts';
import { CONFIG_MAP, DEPLOYMENT, PROXY_KINDS, SERVICE } from '../../operator/infrastructure/kubernetes/proxy-kinds.ts';
import * as before from '../../operator/migration/testing/envoy-gateway-objects.ts';
import { envoyGatewayProxies } from '../../operator/migration/testing/envoy-gateway-proxies.ts';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { infraName } from '../../translators/gateway-api/infra-name.ts';
import { type AuditLog, createAuditLog } from '../harness/audit-log.ts';
import { describeInNamespace } from '../harness/describe-in-namespace.ts';
import { type RunningProxy, startEnvoyGatewayProxy } from '../harness/envoy-gateway-proxy.ts';
import { serveEnvoyGatewayXds } from '../harness/envoy-gateway-xds.ts';
import { type MovingAddress, startMovingAddress } from '../harness/moving-address.ts';
import type { OperatorProcess } from '../harness/operator-process.ts';
import { type ServedCluster, startServedCluster } from '../harness/served-cluster.ts';
import { conditionOf, resourceKind } from '../harness/test-cluster.ts';
import { during } from '../harness/traffic.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(180_000);

const { HOME } = before;
const COMMAND = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));
const HOST = 'www.example.com';
/** Port 80 of the Gateway, in the proxy. */
const PORT = 10_080;
const NAME = infraName('shop/web');
const CLUSTER = 'service/shop/backend/80';
const OLD_CLUSTER = 'httproute/shop/front/rule/0';

/** What `helm uninstall` takes away of the controller. */
const RELEASE = [
  [DEPLOYMENT, 'envoy-gateway'],
  [SERVICE, 'envoy-gateway'],
  [CONFIG_MAP, 'envoy-gateway-config'],
] as const;

interface Check {
  readonly counts: Readonly<Record<'stops' | 'differs' | 'works', number>>;
  readonly findings: readonly { readonly severity: string; readonly code: string; readonly object: { readonly kind: string } }[];
}

/** The API server alone: what the controllers of a cluster do to Deployments and Services, the test does. The proxy is a real Envoy. */
describeInNamespace('a cluster that Envoy Gateway has run', () => {
  let world: ServedCluster;
  let audit: AuditLog;
  let folder: string;
  let secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
  let address: MovingAddress;
  let old: { readonly port: number; readonly stop: () => Promise<void> };
  let proxy: RunningProxy;
  let operator: OperatorProcess;
  let infrastructure: readonly KubernetesObject[];
  let begun = 0;

  const client = () => world.cluster.client;
  /** As Envoy Gateway writes: by server-side apply, under its name; its statuses beside. */
  const leave = async (kind: ResourceKind, { status, ...object }: KubernetesObject): Promise<KubernetesObject> => {
    const { creationTimestamp: _, generation: __, ...metadata } = object.metadata;
    const made = await applyObject(client(), kind, { ...object, metadata }, { fieldManager: 'envoy-gateway', force: true });
    const key = keyOf(metadata);
    return status === undefined ? made : await client().patch(kind, key, { type: 'merge', body: { status } }, { subresource: 'status' });
  };
  const leaveAll = async (...objects: readonly KubernetesObject[]): Promise<void> => {
    for (const object of objects) await leave(object.kind === 'Deployment' ? DEPLOYMENT : resourceKind(object.kind), object);
  };
  const proxyObjects = async (): Promise<readonly KubernetesObject[]> => {
    const lists = await Promise.all(PROXY_KINDS.map((kind) => client().list(kind, { namespace: HOME })));
    return lists.flatMap(({ items }) => items).filter(({ metadata }) => metadata.name.startsWith('envoy-shop-'));
  };
  const secretOf = (name: string): Readonly<Record<'ca.crt' | 'tls.crt' | 'tls.key', string>> => {
    const { 'ca.crt': ca = '', 'tls.crt': certificate = '', 'tls.key': key = '' } = secrets.get(name) ?? {};
    return { 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': key };
  };
  const check = async (): Promise<Check & { readonly ok: boolean }> => {
    const { ok, stdout, reason } = await runCommand(COMMAND, [
      ...['migrate', 'check', '--kubeconfig', world.cluster.server.kubeconfigPath, '-o', 'json'],
    ]);
    if (stdout === '') throw new Error(reason);
    return { ...(JSON.parse(stdout) as Check), ok }; // the command wrote it
  };
  const traffic = () => ({ port: PORT, targets: [{ host: HOST }], connect: world.network.connect });
  const activeClusters = async (): Promise<string> => await proxy.admin('/config_dump?resource=dynamic_active_clusters&mask=cluster.name');
  const stat = async (name: string): Promise<number> =>
    Number(/: (\d+)/.exec(await proxy.admin(`/stats?filter=^${name.replaceAll('.', '\\.')}$`))?.[1] ?? 0);

  const installed = async (): Promise<void> => {
    await leaveAll(before.named('Namespace', HOME), before.named('Namespace', 'shop'));
    await leaveAll(before.controller(1), before.controllerService(), before.configuration(before.DEFAULT_CONFIGURATION));
    for (const [name, data] of secrets) await leaveAll(before.certificateSecret(name, data));
    const spec = {
      holderIdentity: 'envoy-gateway-7d9f_1b9c',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: new Date().toISOString().replace('Z', '000Z'),
      leaseTransitions: 3,
    };
    await leave(LEASE, before.named('Lease', `${HOME}/${LEASE_NAME}`, { spec }, 'coordination.k8s.io/v1'));
  };
  const served = async (): Promise<void> => {
    const route = before.httpRoute('front', { matches: [{ path: { type: 'PathPrefix', value: '/' } }] });
    const slice = before.named(
      'EndpointSlice',
      'shop/backend-1',
      {
        metadata: { labels: { 'kubernetes.io/service-name': 'backend' } },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 3000, protocol: 'TCP' }],
        endpoints: [{ addresses: [world.network.address], conditions: { ready: true } }],
      },
      'discovery.k8s.io/v1',
    );
    await leaveAll(before.gatewayClass(), before.gateway(), before.backend(), slice);
    await leaveAll({ ...route, spec: Object.assign({ hostnames: [HOST] }, route.spec) });
    const owner = (await world.cluster.find('GatewayClass', 'eg'))?.metadata.uid ?? '';
    const made = envoyGatewayProxies({ name: NAME, owner });
    for (const object of made) await leave(PROXY_KINDS.find(({ kind }) => kind === object.kind) ?? SERVICE, object);
    const up = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, observedGeneration: 1 };
    for (const [kind, status] of [
      [DEPLOYMENT, up],
      [SERVICE, { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } }],
    ] as const)
      await client().patch(kind, `${HOME}/${NAME}`, { type: 'merge', body: { status } }, { subresource: 'status' });
    infrastructure = await proxyObjects();
  };

  beforeAll(async () => {
    audit = await createAuditLog();
    folder = await mkdtemp(join(tmpdir(), 'gh-takeover-'));
    world = await startServedCluster({ apiServerFlags: audit.flags });
    await world.cluster.installCrds();
    secrets = await makeCertificateSet(certifiedSecrets(HOME, 'cluster.local'));
    await installed();
    await served();
    address = await startMovingAddress(join(folder, 'xds.sock'));
    old = await serveEnvoyGatewayXds({
      fleet: 'shop/web',
      listener: 'http',
      port: PORT,
      route: 'shop/front',
      host: HOST,
      endpoint: { address: world.network.address, port: 3000 },
      certificates: secretOf('envoy-gateway'),
    });
    address.to(old.port);
    const place = { envoy: world.envoy, network: world.network, folder, controlPlane: address.path };
    proxy = await startEnvoyGatewayProxy({ ...place, pod: `${NAME}-1`, fleet: 'shop/web', certificates: secretOf('envoy') });
    await world.answers({ port: PORT, host: HOST }, 200);
  });
  afterAll(async () => {
    await proxy?.stop();
    await old?.stop();
    await address?.close();
    await world?.stop();
    await audit.remove();
    await rm(folder, { recursive: true, force: true });
  });

  test('can move: nothing stops, and the check says what happens', async () => {
    const { ok, counts, findings } = await check();
    expect(findings.filter(({ severity }) => severity === 'stops')).toEqual([]);
    expect(ok).toBe(true);
    expect(counts.works).toBeGreaterThan(0);
    expect(findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['ControllerRunning', 'PodsReplaced', 'SelectorEqual', 'ServiceKept', 'CertificatesReused']),
    );
  });

  test('is taken over under traffic: the proxy that runs takes its configuration, and no request fails', async () => {
    const certificates = join(folder, 'controller');
    await mkdir(certificates);
    for (const [name, text] of Object.entries(secretOf('envoy-gateway'))) await writeFile(join(certificates, name), text);
    begun = Date.now();
    const { failures, requests } = await during(traffic(), async (flow) => {
      await old.stop();
      for (const [kind, name] of RELEASE) await client().delete(kind, `${HOME}/${name}`);
      await flow.more(50);
      operator = await world.operate({
        configuration: { provider: { type: 'Kubernetes' } },
        env: { ENVOY_GATEWAY_NAMESPACE: HOME },
        args: ['--certs-dir', certificates],
      });
      const port = Number(/xDS on [^ ]*:(\d+)/.exec(await operator.line(/xDS on /))?.[1]);
      address.to(port);
      await until('the proxy has our cluster', async () => (await activeClusters()).includes(CLUSTER) || undefined);
      await flow.more(300);
    });
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(350);
    expect(proxy.isRunning()).toBe(true);
    // Another address would be another socket, and whoever waits at the old one when it is closed is reset.
    expect(await proxy.admin('/listeners')).toContain(`shop/web/http::0.0.0.0:${PORT}`);
    expect(await proxy.admin('/listeners')).toContain('envoy-gateway-proxy-ready-0.0.0.0-19003::0.0.0.0:19003');
    for (const type of ['listener_manager.lds', 'cluster_manager.cds']) expect(await stat(`${type}.update_rejected`)).toBe(0);
  });

  test('goes on while what only Envoy Gateway knew is taken from the proxy', async () => {
    expect(await activeClusters()).toContain(OLD_CLUSTER);
    const { failures } = await during(traffic(), async () => {
      const gone = async () => ((await activeClusters()).includes(OLD_CLUSTER) ? undefined : true);
      await until('the old cluster is gone', gone, { limit: 75_000, interval: 250 });
    });
    expect(failures).toEqual([]);
    expect(await activeClusters()).toContain(CLUSTER);
  });

  test('keeps what was made for the proxies: the same objects, selectors, addresses and node ports', async () => {
    await until('the Deployment has our pods', async () => {
      const { spec } = await client().get(DEPLOYMENT, `${HOME}/${NAME}`);
      return JSON.stringify(spec).includes('gatehouse') || undefined;
    });
    const now = await proxyObjects();
    expect(now.map(identity)).toEqual(infrastructure.map(identity));
    expect(kept(now, 'Deployment', 'selector')).toEqual(kept(infrastructure, 'Deployment', 'selector'));
    for (const field of ['clusterIP', 'clusterIPs', 'ports', 'type', 'selector', 'healthCheckNodePort', 'externalTrafficPolicy'])
      expect(kept(now, 'Service', field)).toEqual(kept(infrastructure, 'Service', field));
    const service = await client().get(SERVICE, `${HOME}/${NAME}`);
    expect(service.status).toMatchObject({ loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } });
    const writes = (await audit.writes()).filter(({ at, namespace }) => at >= begun && namespace === HOME);
    const ofProxies = writes.filter(({ name }) => name.startsWith('envoy-shop-'));
    expect(new Set(ofProxies.map(({ verb, code }) => `${verb} ${code}`))).toEqual(new Set(['patch 200']));
    expect(
      writes.filter(
        ({ verb, resource, name }) => verb === 'delete' && !RELEASE.some(([{ plural }, of]) => plural === resource && of === name),
      ),
    ).toEqual([]);
    expect(writes.filter(({ code }) => code >= 400)).toEqual([]);
  });

  test('has statuses that are true', async () => {
    const gateway = await until('the Gateway is programmed', async () => {
      const found = await world.cluster.find('Gateway', 'shop/web');
      const condition = conditionOf(found, 'Programmed');
      if (condition?.status === 'True' && /1\/1 envoy replicas/.test(condition.message)) return found;
      throw new Error(JSON.stringify(found?.status));
    });
    expect(gateway?.status).toMatchObject({ addresses: [{ type: 'IPAddress', value: '192.0.2.7' }] });
    expect(conditionOf(gateway, 'Programmed', { listener: 'http' })?.status).toBe('True');
    const route = await world.cluster.find('HTTPRoute', 'shop/front');
    expect(route?.status).toMatchObject({ parents: [{ controllerName: before.CONTROLLER }] });
    for (const type of ['Accepted', 'ResolvedRefs']) expect(conditionOf(route, type, { parent: 'web' })?.status).toBe('True');
    expect(conditionOf(await world.cluster.find('GatewayClass', 'eg'), 'Accepted')?.status).toBe('True');
  });

  test('has nothing left to move', async () => {
    const { ok, findings } = await check();
    expect(ok).toBe(true);
    const codes = findings.filter(({ severity }) => severity !== 'works').map(({ code }) => code);
    expect(codes).toEqual(['ClusterNames']);
  });

  test('can go back: Envoy Gateway finds its objects and makes them its own again', async () => {
    await operator.close();
    for (const object of envoyGatewayProxies({ name: NAME, owner: (await world.cluster.find('GatewayClass', 'eg'))?.metadata.uid ?? '' }))
      await leave(PROXY_KINDS.find(({ kind }) => kind === object.kind) ?? SERVICE, object);
    const now = await proxyObjects();
    expect(now.map(identity)).toEqual(infrastructure.map(identity));
    for (const kind of ['Deployment', 'Service'])
      expect(now.find((each) => each.kind === kind)?.spec).toEqual(infrastructure.find((each) => each.kind === kind)?.spec);
  });
});

const identity = ({ kind, metadata: { name, uid } }: KubernetesObject): string => `${kind} ${name} ${uid}`;

/** A field of the spec of the one object of that kind. */
const kept = (objects: readonly KubernetesObject[], kind: string, field: string): unknown =>
  fieldsOf(objects.find((object) => object.kind === kind)?.spec)[field];
