import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { Problem } from '../ir/problem.ts';
import type { Settings } from '../settings.ts';

type Addresses = NonNullable<Gateway['spec']['addresses']>;

/** Whether the Gateway is to be reached from inside its cluster only (GatewaySpecAddress `routability`, v1.7.0). */
export const isClusterOnly = ({ addresses = [] }: Gateway['spec']): boolean =>
  addresses.some(({ routability }) => routability === 'Cluster');

/** Why the addresses that a Gateway asks for cannot be had, whatever the infrastructure has. */
export function addressProblem(
  { addresses = [] }: Gateway['spec'],
  { exclusivePorts }: Pick<Settings, 'exclusivePorts'>,
): Problem | undefined {
  const message = typeProblem(addresses) ?? routabilityProblem(addresses, exclusivePorts);
  return message === undefined ? undefined : { type: 'Accepted', reason: 'UnsupportedAddress', message: `Field spec.addresses${message}` };
}

/** A Service asks for addresses and not for names; to say in the status that the Gateway has one would be untrue. Each cloud has an annotation of its own. */
const CURES: Readonly<Record<string, string>> = {
  Hostname: ' A load balancer that goes by a name chooses it itself, and the status has it; let the DNS lead names of yours to it.',
  NamedAddress:
    ' A cloud is asked for an address by its name with an annotation of its own: give that in spec.infrastructure.annotations (networking.gke.io/load-balancer-ip-addresses, service.beta.kubernetes.io/azure-pip-name, service.beta.kubernetes.io/aws-load-balancer-eip-allocations).',
};

function typeProblem(addresses: Addresses): string | undefined {
  const index = addresses.findIndex(({ type = 'IPAddress' }) => type !== 'IPAddress');
  if (index < 0) return undefined;
  const type = addresses[index]?.type ?? '';
  return `[${index}]: type ${type} is not supported; use IPAddress or leave the addresses to the infrastructure.${CURES[type] ?? ''}`;
}

/** The proxies of a Gateway have one Service: it is of the cluster or it is not. */
function routabilityProblem(addresses: Addresses, onThisMachine: boolean): string | undefined {
  const scopes = new Set(addresses.map(({ routability = '' }) => routability));
  const other = [...scopes].find((scope) => scope !== '' && scope !== 'Cluster');
  if (other !== undefined) return `: routability ${other} is not supported; use Cluster, or leave it out for the infrastructure's own.`;
  if (!scopes.has('Cluster')) return undefined;
  if (scopes.size > 1)
    return ': routability Cluster stands beside addresses without it; give it to all of them, or make a Gateway for each scope.';
  return onThisMachine ? ': routability Cluster needs a cluster, and the proxies run on a machine; leave it out.' : undefined;
}
