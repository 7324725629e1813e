/** Pods, and XBackends that select some: given ones, and random ones. */
import fc from 'fast-check';
import type { XBackend, XBackendSpec } from '../../crds/gateway-api/x-backend.ts';
import { EXPERIMENTS } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { Pod } from '../../crds/kubernetes/pod.ts';
import { named } from './objects.ts';
import { XBACKEND_KEYS, xBackendTls } from './outside-objects.ts';

type Labels = Readonly<Record<string, string>>;

/** Ready, on 10.0.0.1 where it is not said otherwise. */
export const pod = (
  key: string,
  labels: Labels,
  { metadata = {}, status = {} }: { readonly metadata?: Partial<Pod['metadata']>; readonly status?: NonNullable<Pod['status']> } = {
    status: { podIP: '10.0.0.1' },
  },
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...named(key), labels, ...metadata },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], ...status },
});

/** The same on another address. */
export const podAt = (key: string, labels: Labels, podIP: string): Pod => pod(key, labels, { status: { podIP } });

/** Port 8080, without TLS unless it is said. */
export const podBackend = (key: string, matchLabels: Labels, more: Partial<XBackendSpec> = {}): XBackend => ({
  apiVersion: `${EXPERIMENTS}/v1alpha1`,
  kind: 'XBackend',
  metadata: named(key),
  spec: { type: 'EndpointSelector', endpointSelector: { matchLabels }, port: { number: 8080 }, ...more },
});

const labels = fc.constantFrom<Labels>({ app: 'a' }, { app: 'a', tier: 'back' }, { tier: 'back' }, { app: 'b' });

export const randomPods: fc.Arbitrary<Pod> = fc
  .record({
    key: fc.constantFrom('infra/p', 'team/p', 'team/q'),
    labels,
    podIP: fc.constantFrom('10.0.0.1', '10.0.0.2', 'no address'),
    ready: fc.constantFrom('True', 'True', 'False'),
    going: fc.boolean(),
  })
  .map(({ key, labels: own, podIP, ready, going }) =>
    pod(key, own, {
      metadata: going ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {},
      status: { podIP, conditions: [{ type: 'Ready', status: ready }] },
    }),
  );

/** Of the names of those that lead out. */
export const randomPodBackends: fc.Arbitrary<XBackend> = fc
  .record({
    key: fc.constantFrom(...XBACKEND_KEYS),
    labels,
    number: fc.constantFrom(8080, 9090),
    protocol: fc.constantFrom('HTTP' as const, 'H2C' as const, 'TCP' as const),
    tls: fc.option(xBackendTls, { nil: undefined }),
    sessionPersistence: fc.constantFrom(undefined, { type: 'Cookie' as const }, { type: 'Header' as const, sessionName: 'Host' }),
  })
  .map(({ key, labels: asked, number, protocol, tls, sessionPersistence }) =>
    podBackend(key, asked, {
      port: { number },
      protocol,
      ...(tls === undefined ? {} : { tls }),
      ...(sessionPersistence === undefined ? {} : { sessionPersistence }),
    }),
  );
