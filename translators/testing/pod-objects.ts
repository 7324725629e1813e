/** Pods, and XBackends that select some. */
import type { XBackend, XBackendSpec } from '../../crds/gateway-api/x-backend.ts';
import { EXPERIMENTS } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { Pod } from '../../crds/kubernetes/pod.ts';
import { named } from './objects.ts';

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
