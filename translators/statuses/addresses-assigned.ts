import { isNamed } from '../gateway-api/addresses/named-addresses.ts';
import type { OwnedGateway } from '../gateway-api/owned-gateways.ts';
import type { FleetObservation } from '../inputs.ts';
import { type Draft, fails, holds } from './condition.ts';

const TYPE = 'AddressesAssigned';

/**
 * Whether the Gateway has got all addresses that it asks for, or some where it asks for none (Gateway API v1.7.0, GEP-5093). Absent as long as nobody
 * can know.
 */
export function addressesAssigned(
  { spec: { addresses: wanted = [] }, problem, refusal }: OwnedGateway,
  observation: FleetObservation | undefined,
): readonly Draft[] {
  if (problem?.reason === 'UnsupportedAddress') return [fails(TYPE, 'NotAssigned', problem.message)];
  const assigned = observation?.addresses;
  if (refusal !== undefined || assigned === undefined || (wanted.length === 0 && assigned.length === 0)) return [];
  if (wanted.length > 0 && wanted.every(isNamed)) return [namesAssigned(wanted, assigned)];
  const missing = unassigned(wanted, assigned);
  if (missing.length === 0) return [holds(TYPE, TYPE, 'All addresses of the Gateway have been assigned.')];
  const message = `Not assigned by the infrastructure: ${missing.join(', ')}; ask for addresses that it has, or leave the choice to it.`;
  return [fails(TYPE, missing.length === wanted.length ? 'NotAssigned' : 'PartiallyAssigned', message)];
}

/** A load balancer says which addresses it has, and never by what names it was asked for them. */
const namesAssigned = (wanted: readonly Wanted[], { length }: readonly string[]): Draft =>
  length > 0
    ? holds(
        TYPE,
        TYPE,
        `A load balancer that was asked for ${valuesOf(wanted)} has assigned addresses; whether these go by that name it does not say.`,
      )
    : fails(TYPE, 'NotAssigned', `Not assigned by the infrastructure: ${waitingFor(wanted)}.`);

/** The entries, and where the cloud says what keeps it from assigning them. */
export const waitingFor = (wanted: readonly Wanted[]): string =>
  `${wanted.map((entry, index) => nameOf(entry, index)).join(', ')}; if it stays so, the events of the Service of its proxies tell what the cloud says of it`;

interface Wanted {
  readonly type?: string;
  readonly value?: string;
}

const valuesOf = (wanted: readonly Wanted[]): string => wanted.map(({ value = '' }) => value).join(', ');
const nameOf = ({ value = '' }: Wanted, index: number): string => `spec.addresses[${index}]${value === '' ? '' : ` ${value}`}`;

/** The entries that have none, as messages name them. One without a value takes any address that no other entry asks for, and each takes its own. */
function unassigned(wanted: readonly Wanted[], assigned: readonly string[]): readonly string[] {
  const named = new Set(wanted.flatMap(({ value = '' }) => (value === '' ? [] : [value])));
  let free = assigned.filter((address) => !named.has(address)).length;
  return wanted.flatMap(({ value = '' }, index) => {
    const has = value === '' ? free-- > 0 : assigned.includes(value);
    return has ? [] : [nameOf({ value }, index)];
  });
}
