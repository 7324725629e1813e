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
  const text = typeProblem(addresses) ?? routabilityProblem(addresses, exclusivePorts);
  return text === undefined ? undefined : { type: 'Accepted', reason: 'UnsupportedAddress', message: `Field spec.addresses: ${text}` };
}

function typeProblem(addresses: Addresses): string | undefined {
  const other = addresses.find(({ type }) => type !== undefined && type !== 'IPAddress');
  return other && `type ${other.type} is not supported; use IPAddress or leave the addresses to the infrastructure.`;
}

/** The proxies of a Gateway have one Service: it is of the cluster or it is not. */
function routabilityProblem(addresses: Addresses, onThisMachine: boolean): string | undefined {
  const scopes = new Set(addresses.map(({ routability = '' }) => routability));
  const other = [...scopes].find((scope) => scope !== '' && scope !== 'Cluster');
  if (other !== undefined) return `routability ${other} is not supported; use Cluster, or leave it out for the infrastructure's own.`;
  if (!scopes.has('Cluster')) return undefined;
  if (scopes.size > 1)
    return 'routability Cluster stands beside addresses without it; give it to all of them, or make a Gateway for each scope.';
  return onThisMachine ? 'routability Cluster needs a cluster, and the proxies run on a machine; leave it out.' : undefined;
}
