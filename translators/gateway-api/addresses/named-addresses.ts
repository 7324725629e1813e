import type { Gateway } from '../../../crds/gateway-api/gateway.ts';
import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { NamedAddresses } from '../../ir/infra-node.ts';
import type { Problem } from '../../ir/problem.ts';
import { type BalancerSettings, type Cloud, cloudOf, isKnownScheme } from './clouds.ts';
import type { KnownCloud } from './cluster-cloud.ts';

type Spec = Gateway['spec'];

/** What becomes of addresses that are asked for by names. */
export interface NamedVerdict {
  readonly named?: NamedAddresses;
  /** Set: they cannot be asked for, as the cluster is or as the proxies are run. What runs goes on with the addresses that it has (GEP-5093). */
  readonly standstill?: Problem;
}

export const isNamed = ({ type }: { readonly type?: string }): boolean => type === 'NamedAddress';

/** The names that a Gateway asks for, in its order. */
export const namesOf = ({ addresses = [] }: Spec): readonly string[] =>
  addresses.flatMap((address) => (isNamed(address) ? [address.value ?? ''] : []));

/** By hand it goes in every cloud. */
const BY_HAND =
  'give the annotation of your cloud in spec.infrastructure.annotations instead (networking.gke.io/load-balancer-ip-addresses, service.beta.kubernetes.io/azure-pip-name, service.beta.kubernetes.io/aws-load-balancer-eip-allocations)';

/** Of a Gateway that asks for nothing but names, each once (`addressProblem`). Looks at the cloud first, then at the names, then at the load balancer. */
export function namedAddresses(spec: Spec, proxy: EnvoyProxySpec, { scheme, because }: KnownCloud): NamedVerdict {
  const names = namesOf(spec);
  if (scheme === undefined)
    return refused(`: how ${names.join(', ')} is asked for depends on the cloud, which is not known: ${because}. Or ${BY_HAND}.`);
  if (!isKnownScheme(scheme))
    return refused(
      `[0]: type NamedAddress is known of gce, aws and azure, but not of this cluster: ${because}. Remove it, and ${BY_HAND}.`,
    );
  const cloud = cloudOf(scheme);
  const wrong = names.findIndex((name) => !cloud.name.test(name));
  if (wrong >= 0) return refused(`[${wrong}].value: ${cloud.title} has no address of that name; it is ${cloud.expected}.`);
  const obstacle = balancerObstacle(cloud, names, settingsOf(spec, proxy));
  if (obstacle !== undefined) return refused(`: ${names.join(', ')} cannot be asked for: ${obstacle}.`);
  return { named: { cloud: scheme, names, annotations: cloud.annotate(names) } };
}

const refused = (text: string): NamedVerdict => ({
  standstill: { type: 'Accepted', reason: 'UnsupportedAddress', message: `Field spec.addresses${text}` },
});

function settingsOf({ infrastructure }: Spec, { provider, ipFamily }: EnvoyProxySpec): BalancerSettings {
  const service = provider?.kubernetes?.envoyService;
  return {
    type: service?.type ?? 'LoadBalancer',
    loadBalancerClass: service?.loadBalancerClass,
    loadBalancerIP: service?.loadBalancerIP,
    dualStack: ipFamily === 'DualStack',
    annotations: { ...infrastructure?.annotations, ...service?.annotations },
  };
}

/** Why a load balancer with these settings would not be asked for the names, or for others; ends without a full stop. */
export function balancerObstacle(cloud: Cloud, names: readonly string[], settings: BalancerSettings): string | undefined {
  const { type, loadBalancerIP, annotations } = settings;
  if (type !== 'LoadBalancer')
    return `the Service of its proxies is of type ${type}, and only load balancers have such addresses; use LoadBalancer or remove them`;
  if (loadBalancerIP !== undefined) return `loadBalancerIP ${loadBalancerIP} of its EnvoyProxy says otherwise; remove one of them`;
  const wanted = cloud.annotate(names);
  const other = [...Object.keys(wanted), ...cloud.rivals].find((key) => annotations[key] !== undefined && annotations[key] !== wanted[key]);
  if (other !== undefined)
    return `annotation ${other}: ${annotations[other]} of the Gateway or its EnvoyProxy says otherwise; remove one of them`;
  return cloud.obstacle(names, settings);
}
