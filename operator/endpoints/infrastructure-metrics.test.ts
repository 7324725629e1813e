import { Registry } from 'prom-client';
import { KubernetesError } from '../cluster/kubernetes-error.ts';
import { registerInfrastructureMetrics } from './infrastructure-metrics.ts';

test('writes are counted by what became of them', async () => {
  const registry = new Registry();
  const tell = registerInfrastructureMetrics(registry);
  const service = { kind: 'Service', namespace: 'ns', name: 'envoy', seconds: 0.01 } as const;
  tell({ ...service, verb: 'apply', error: undefined });
  tell({ ...service, verb: 'apply', error: undefined });
  tell({ ...service, verb: 'apply', error: new KubernetesError({ status: 403, reason: 'Forbidden', message: 'no' }) });
  tell({ ...service, verb: 'delete', error: undefined });
  const text = await registry.metrics();
  const line = (name: string, status: string, reason: string): string =>
    `${name}{kind="Service",name="envoy",namespace="ns",status="${status}",reason="${reason}"}`;
  expect(text).toContain(`${line('resource_apply_total', 'success', '')} 2\n`);
  expect(text).toContain(`${line('resource_apply_total', 'failure', 'Forbidden')} 1\n`);
  expect(text).toContain(`${line('resource_delete_total', 'success', '')} 1\n`);
  expect(text).toContain(`${line('resource_apply_duration_seconds_count', 'success', '')} 2\n`);
  expect(text).toContain(`${line('resource_delete_duration_seconds_count', 'success', '')} 1\n`);
});
