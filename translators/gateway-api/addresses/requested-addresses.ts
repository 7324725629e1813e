import type { Gateway } from '../../../crds/gateway-api/gateway.ts';
import type { Problem } from '../../ir/problem.ts';
import type { Settings } from '../../settings.ts';
import { isNamed } from './named-addresses.ts';

type Addresses = NonNullable<Gateway['spec']['addresses']>;

/** Whether the Gateway is to be reached from inside its cluster only (GatewaySpecAddress `routability`, v1.7.0). */
export const isClusterOnly = ({ addresses = [] }: Pick<Gateway['spec'], 'addresses'>): boolean =>
  addresses.some(({ routability }) => routability === 'Cluster');

/** Why the addresses that a Gateway asks for cannot be had, whatever the infrastructure has. */
export function addressProblem(
  { addresses = [] }: Gateway['spec'],
  { exclusivePorts }: Pick<Settings, 'exclusivePorts'>,
): Problem | undefined {
  const message = typeProblem(addresses) ?? routabilityProblem(addresses, exclusivePorts) ?? namedProblem(addresses, exclusivePorts);
  return message === undefined ? undefined : { type: 'Accepted', reason: 'UnsupportedAddress', message: `Field spec.addresses${message}` };
}

/** A Service asks for addresses and not for names; to say in the status that the Gateway has one would be untrue. */
const CURES: Readonly<Record<string, string>> = {
  Hostname: ' A load balancer that goes by a name chooses it itself, and the status has it; let the DNS lead names of yours to it.',
};

function typeProblem(addresses: Addresses): string | undefined {
  const index = addresses.findIndex((address) => (address.type ?? 'IPAddress') !== 'IPAddress' && !isNamed(address));
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

/** Names are for the load balancer of a cloud, each for one address, and nobody says which of its addresses goes by which: so they are all that it is asked for. */
function namedProblem(addresses: Addresses, onThisMachine: boolean): string | undefined {
  const first = addresses.findIndex(isNamed);
  if (first < 0) return undefined;
  if (onThisMachine)
    return `[${first}]: type NamedAddress is not supported where proxies run on a machine, since names are known to load balancers of clouds; use IPAddress or leave the addresses to the infrastructure.`;
  if (!addresses.every(isNamed))
    return `[${first}]: a NamedAddress stands beside an IPAddress; the load balancer is asked for one or the other, so make a Gateway for each.`;
  if (isClusterOnly({ addresses }))
    return `[${first}]: routability Cluster is an address of the cluster, and a NamedAddress one of a load balancer outside of it; remove one of the two.`;
  return valueProblem(addresses);
}

function valueProblem(addresses: Addresses): string | undefined {
  const values = addresses.map(({ value = '' }) => value);
  const empty = values.indexOf('');
  if (empty >= 0)
    return `[${empty}].value: a NamedAddress without a name asks for nothing; name the address, or leave the addresses to the infrastructure.`;
  const again = values.findIndex((value, index) => values.indexOf(value) < index);
  return again < 0 ? undefined : `[${again}].value: that name stands there already; remove one of the two.`;
}
