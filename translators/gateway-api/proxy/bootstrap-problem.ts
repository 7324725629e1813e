import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { buildBootstrap } from '../../envoy/bootstrap.ts';
import { patchBootstrap } from '../../envoy/bootstrap-patch.ts';
import type { Settings } from '../../settings.ts';

/** Where nobody says where the control plane is, a whole bootstrap that names it cannot be held against it. */
const SOMEWHERE = { host: 'control-plane.invalid', port: 18_000 };

/** What is wrong with the changes of the bootstrap wherever the proxies will run. */
export function bootstrapProblem({ bootstrap }: EnvoyProxySpec, controlPlane: Settings['controlPlane']): string | undefined {
  if (bootstrap === undefined) return undefined;
  const base = buildBootstrap({ xds: controlPlane ?? SOMEWHERE, adminAddress: '127.0.0.1:19000' });
  const patched = patchBootstrap(base, bootstrap, { placed: controlPlane !== undefined });
  return patched.ok ? undefined : `spec.bootstrap: ${patched.message}.`;
}
