/** EnvoyProxies of small worlds (random-world.ts). */
import fc from 'fast-check';
import { envoyProxy } from './objects.ts';

export const PROXIES = ['infra/p', 'team/p'];

const proxySpec = fc.record(
  {
    mergeType: fc.constantFrom('Replace', 'JSONMerge', 'StrategicMerge'),
    ipFamily: fc.constantFrom('IPv4', 'IPv6', 'DualStack'),
    concurrency: fc.constantFrom(0, 2),
    mergeGateways: fc.boolean(),
    mergeBackends: fc.constant({}),
    telemetry: fc.constantFrom({ accessLog: { disable: true } }, { requestID: { tracing: 'Pack' as const } }),
    provider: fc.constantFrom(
      { type: 'Kubernetes' as const, kubernetes: { useListenerPortAsContainerPort: true } },
      { type: 'Kubernetes' as const, kubernetes: { envoyDaemonSet: {} } },
      { type: 'Kubernetes' as const, kubernetes: { envoyDeployment: { replicas: 2 } } },
      { type: 'Kubernetes' as const, kubernetes: { envoyDeployment: { patch: { value: { kind: 'Pod' } } } } },
    ),
  },
  { requiredKeys: [] },
);
export const proxies = fc.tuple(fc.constantFrom(...PROXIES), proxySpec).map(([key, spec]) => envoyProxy(key, spec));
