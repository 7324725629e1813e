/** XTelemetryPolicies: some, and random ones. */
import fc from 'fast-check';
import { EXPERIMENTS } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { TelemetryTracing, XTelemetryPolicy } from '../../crds/gateway-api/x-telemetry-policy.ts';
import { MULTICLUSTER } from '../../crds/kubernetes/service-import.ts';
import { named } from './objects.ts';

/** For Gateways of its namespace. */
export const telemetryPolicy = (
  key: string,
  gateways: readonly string[],
  { created, ...tracing }: TelemetryTracing & { readonly created?: string },
): XTelemetryPolicy => ({
  apiVersion: `${EXPERIMENTS}/v1alpha1`,
  kind: 'XTelemetryPolicy',
  metadata: named(key, created === undefined ? {} : { creationTimestamp: created }),
  spec: { targetRefs: gateways.map((name) => ({ group: 'gateway.networking.k8s.io', kind: 'Gateway', name })), tracing },
});

const GROUPS: Readonly<Record<string, string>> = { Service: '', ServiceImport: MULTICLUSTER, XBackend: EXPERIMENTS };

/** Traces to a backend, `<ns>/<name>` of a Service or `<Kind>:<ns>/<name>`. */
export function tracesTo(backend: string, port?: number): Pick<TelemetryTracing, 'mode' | 'provider'> {
  const [first = '', second] = backend.split(':');
  const kind = second === undefined ? 'Service' : first;
  const { namespace, name } = named(second ?? first);
  const ref = {
    group: GROUPS[kind] ?? kind,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(port === undefined ? {} : { port }),
  };
  return { mode: 'Enabled', provider: { backendRef: ref } };
}

const settings = fc.constantFrom<Omit<TelemetryTracing, 'mode' | 'provider'>>(
  {},
  { serviceName: 'other', samplingRate: { numerator: 1, denominator: 2 } },
  { parentBasedSampling: { mode: 'Enabled', samplingRate: { numerator: 1, denominator: 3 } } },
  { attributes: [{ name: 'a', sourceType: 'Attribute', attributeKey: 'url.path' }] },
  { attributes: [{ name: 'a', sourceType: 'Attribute', attributeKey: 'http.route' }] },
);

const enabled = fc
  .tuple(
    fc.constantFrom(
      tracesTo('infra/s', 8080),
      tracesTo('team/s', 8080),
      tracesTo('team/s', 9090),
      tracesTo('team/gone', 8080),
      tracesTo('XBackend:infra/x'),
      tracesTo('ServiceImport:team/far', 8080),
    ),
    settings,
  )
  .map(([to, more]) => ({ ...to, ...more }));

export const randomTelemetryPolicies: fc.Arbitrary<XTelemetryPolicy> = fc
  .record({
    key: fc.constantFrom('infra/y', 'team/y', 'team/z'),
    gateways: fc.constantFrom(['gw'], ['gw', 'gone'], ['gone']),
    created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
    tracing: fc.oneof(enabled, fc.constantFrom<TelemetryTracing>({ mode: 'Disabled' }, { mode: 'ImplementationDefault' })),
  })
  .map(({ key, gateways, created, tracing }) => telemetryPolicy(key, gateways, { created, ...tracing }));
