import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { buildBootstrap } from '../../envoy/bootstrap.ts';
import { patchBootstrap } from '../../envoy/bootstrap-patch.ts';

/** Where the control plane is, is known where proxies are made; a whole bootstrap that names it is compared there. */
const SOMEWHERE = { host: 'control-plane.invalid', port: 18_000 };

/** What is wrong with the changes of the bootstrap wherever the proxies will run. */
export function bootstrapProblem({ bootstrap }: EnvoyProxySpec): string | undefined {
  if (bootstrap === undefined) return undefined;
  const patched = patchBootstrap(buildBootstrap({ xds: SOMEWHERE, adminAddress: '127.0.0.1:19000' }), bootstrap, { placed: false });
  return patched.ok ? undefined : `spec.bootstrap: ${patched.message}.`;
}
