import { stringify } from 'yaml';
import { isObject } from '../../../crds/json-schema.ts';
import { buildBootstrap } from '../../../translators/envoy/bootstrap.ts';
import { patchBootstrap } from '../../../translators/envoy/bootstrap-patch.ts';
import { fellowsOf } from '../../../translators/gateway-api/proxy/fellows.ts';
import type { Result } from '../../../translators/ir/result.ts';
import { ok, refused } from '../../../translators/ir/result.ts';
import { controlPlaneAddress, type FleetContext, proofOf } from './fleet-context.ts';
import { ADMIN_PORT, STATS_PORT } from './proxy-ports.ts';
import { bytesOf } from './quantity.ts';

/** Where the files of the ConfigMap are mounted. */
export const SDS_FOLDER = '/sds';

/** Envoy is to give memory back, and then to refuse requests, before the kernel ends it. */
const HEAP_SHARE = 0.8;

/** What the proxies of a fleet start with, as YAML. Strings stand in quotes: Kubernetes fills in the zone, which may look like a number. */
export function fleetBootstrap(context: FleetContext, resources: unknown): Result<string> {
  const { infra, options } = context;
  const { ipFamily, telemetry, bootstrap } = infra.proxy;
  const limit = memoryLimit(resources);
  const stats = {
    address: ipFamily === undefined || ipFamily === 'IPv4' ? '0.0.0.0' : '::',
    port: STATS_PORT,
    ipv6Only: ipFamily === 'IPv6',
  };
  const base = buildBootstrap({
    xds: { ...controlPlaneAddress(options), tls: { kind: proofOf(infra), sdsFolder: SDS_FOLDER } },
    adminAddress: `127.0.0.1:${ADMIN_PORT}`,
    zone: '$(ENVOY_SERVICE_ZONE)',
    ...(limit === undefined ? {} : { maxHeapBytes: Math.floor(limit * HEAP_SHARE) }),
    ...(telemetry?.metrics?.prometheus?.disable === true ? {} : { stats }),
    ...(options.topologyInjector ? { fellows: fellowsOf(infra.fleet) } : {}),
  });
  const patched = patchBootstrap(base, bootstrap);
  if (patched.ok) return ok(stringify(patched.bootstrap, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }));
  const message = `${infra.proxyFrom.join(' over ')} is not valid: Field spec.bootstrap: ${patched.message}.`;
  return refused({ type: 'Accepted', reason: 'InvalidParameters', message });
}

function memoryLimit(resources: unknown): number | undefined {
  const limits = isObject(resources) ? resources['limits'] : undefined;
  return bytesOf(isObject(limits) ? limits['memory'] : undefined);
}
