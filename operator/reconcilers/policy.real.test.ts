import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { CONTROLLER, gateway, gatewayClass, httpRoute, serviceAt } from '../../e2e/harness/gateway-objects.ts';
import { selfSigned } from '../../e2e/harness/self-signed.ts';
import type { TestCluster } from '../../e2e/harness/test-cluster.ts';
import { until } from '../../e2e/harness/until.ts';
import { type LinkedCluster, startLinkedCluster } from '../testing/linked-cluster.ts';
import { watchedKind } from './watched-kinds.ts';

jest.setTimeout(120_000);

const KIND = watchedKind('BackendTLSPolicy');
const CA = selfSigned('backend.example.com').certificate;

let world: LinkedCluster;
let cluster: TestCluster;

beforeAll(async () => {
  world = await startLinkedCluster();
  cluster = world.cluster;
  await cluster.apply(gatewayClass('eg'), gateway('gw', [{ port: 80 }]), httpRoute('r', { gateway: 'gw' }));
  await cluster.apply(...serviceAt('backend', '10.0.0.1', 8080));
  await world.start();
});
afterAll(() => world.stop());

const policy = (name: string, hostname = 'backend.example.com'): KubernetesObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'BackendTLSPolicy',
  metadata: { name, namespace: 'default' },
  spec: {
    targetRefs: [{ group: '', kind: 'Service', name: 'backend' }],
    validation: { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca' }], hostname },
  },
});

const configMap = (data: Readonly<Record<string, string>>): KubernetesObject => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ca', namespace: 'default' }, data };
  return object;
};

interface Entry {
  readonly ancestorRef: { readonly name: string };
  readonly controllerName: string;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly observedGeneration: number;
  }[];
}

/** What is said, as `<ancestor> <condition>=<reason>`; each speaks of the object's generation. */
async function told(name: string, kind = 'BackendTLSPolicy'): Promise<readonly string[]> {
  const live = await cluster.find(kind, `default/${name}`);
  // The API server has checked it against the CRD.
  const { ancestors = [] } = (live?.status ?? {}) as { readonly ancestors?: readonly Entry[] };
  return ancestors.map(({ ancestorRef, controllerName, conditions }) =>
    [
      ancestorRef.name,
      ...(controllerName === CONTROLLER && conditions.some(({ observedGeneration: seen }) => seen !== live?.metadata.generation)
        ? ['stale']
        : []),
      ...conditions.map(({ type, reason }) => `${type}=${reason}`),
    ].join(' '),
  );
}

const untilTold = (name: string, ...expected: readonly string[]): Promise<unknown> =>
  until(`BackendTLSPolicy ${name} says ${expected.join(', ') || 'nothing'}`, async () => {
    const found = await told(name);
    if (JSON.stringify(found) === JSON.stringify(expected)) return true;
    throw new Error(`it says ${found.join(', ')}`);
  });

const FINE = 'gw Accepted=Accepted ResolvedRefs=ResolvedRefs';
const NO_CA = 'gw Accepted=NoValidCACertificate ResolvedRefs=InvalidCACertificateRef';

test('a policy says what becomes of it as its CA comes, loses its content and is mended', async () => {
  await cluster.apply(policy('p'));
  await untilTold('p', NO_CA);
  await cluster.apply(configMap({ 'ca.crt': CA }));
  await untilTold('p', FINE);
  await cluster.apply(configMap({ 'ca.crt': '' }));
  await untilTold('p', NO_CA);
  await cluster.apply(configMap({ 'ca.crt': CA }));
  await untilTold('p', FINE);
  await cluster.apply(policy('p', 'other.example.com'));
  await untilTold('p', FINE);
});

test('a kind that is installed later is followed from then on', async () => {
  await cluster.installExperiments();
  const traffic: KubernetesObject = {
    apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
    kind: 'XBackendTrafficPolicy',
    metadata: { name: 't', namespace: 'default' },
    spec: { targetRefs: [{ group: '', kind: 'Service', name: 'backend' }], retryConstraint: {} },
  };
  await cluster.apply(traffic);
  await until('the policy is accepted', async () => {
    const found = await told('t', 'XBackendTrafficPolicy');
    if (JSON.stringify(found) === JSON.stringify(['gw Accepted=Accepted'])) return true;
    throw new Error(`it says ${found.join(', ')}`);
  });
});

test('the younger of two loses and takes over when the older goes; entries of others stay', async () => {
  await untilTold('p', FINE);
  // Times of creation have no fractions of seconds, and then the name counts.
  await cluster.apply(policy('q'));
  await untilTold('q', 'gw Accepted=Conflicted ResolvedRefs=ResolvedRefs');
  const foreign = {
    ancestorRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'theirs' },
    controllerName: 'example.com/other',
    conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message: 'x', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  };
  const live = await cluster.find('BackendTLSPolicy', 'default/q');
  const { ancestors = [] } = (live?.status ?? {}) as { readonly ancestors?: readonly Entry[] };
  const body = { status: { ancestors: [foreign, ...ancestors] } };
  await cluster.client.patch(KIND, 'default/q', { type: 'merge', body }, { subresource: 'status' });
  await cluster.remove('BackendTLSPolicy', 'default/p');
  await untilTold('q', 'theirs Accepted=Accepted', FINE);
  await cluster.remove('HTTPRoute', 'default/r');
  await untilTold('q', 'theirs Accepted=Accepted');
});

test('a kind that only a newer version of the Gateway API has is followed when that version is installed', async () => {
  await cluster.installExperiments('newer');
  const telemetry: KubernetesObject = {
    apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
    kind: 'XTelemetryPolicy',
    metadata: { name: 'y', namespace: 'default' },
    spec: {
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
      tracing: { mode: 'Enabled', provider: { backendRef: { name: 'gone', port: 4317 } } },
    },
  };
  await cluster.apply(telemetry);
  await until('the policy is accepted', async () => {
    const found = await told('y', 'XTelemetryPolicy');
    if (JSON.stringify(found) === JSON.stringify(['gw Accepted=Accepted ResolvedRefs=BackendNotFound'])) return true;
    throw new Error(`it says ${found.join(', ')}`);
  });
});
