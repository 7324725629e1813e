import { cloudOf } from '../../../translators/gateway-api/addresses/clouds.ts';
import { balancerObstacle } from '../../../translators/gateway-api/addresses/named-addresses.ts';
import type { Result } from '../../../translators/ir/result.ts';
import { ok, refused } from '../../../translators/ir/result.ts';
import type { FleetContext, Manifest } from './fleet-context.ts';
import { fieldsOf } from './json-fields.ts';

/** The Service as it is to be applied, refused where a patch of the user's made it one that does not ask for the addresses that the Gateway names. */
export function stillAsking({ infra }: FleetContext, service: Manifest): Result<Manifest> {
  const { named } = infra;
  if (named === undefined) return ok(service);
  const { annotations = {} } = service.metadata;
  const lost = Object.entries(named.annotations).find(([key, value]) => annotations[key] !== value)?.[0];
  const why =
    lost === undefined
      ? balancerObstacle(cloudOf(named.cloud), named.names, settingsOf(service))
      : `annotation ${lost} is taken away or changed`;
  if (why === undefined) return ok(service);
  return refused({
    type: 'Accepted',
    reason: 'InvalidParameters',
    message: `${infra.proxyFrom.join(' over ')} is not valid: Field spec.provider.kubernetes.envoyService.patch.value: after the patch, ${named.names.join(', ')} of spec.addresses of Gateway ${infra.fleet} cannot be asked for: ${why}.`,
  });
}

function settingsOf({ metadata, spec }: Manifest) {
  const { type, loadBalancerClass, loadBalancerIP, ipFamilyPolicy } = fieldsOf(spec);
  return {
    type: String(type),
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass: String(loadBalancerClass) }),
    ...(loadBalancerIP === undefined ? {} : { loadBalancerIP: String(loadBalancerIP) }),
    dualStack: ipFamilyPolicy === 'RequireDualStack' || ipFamilyPolicy === 'PreferDualStack',
    annotations: metadata.annotations ?? {},
  };
}
