import { type Pod, ZONE_LABEL } from '../../../crds/kubernetes/pod.ts';
import type { EndpointNode } from '../../ir/cluster-node.ts';

/** An endpoint without its port, which whoever selects the Pod says. */
export type PodEndpoint = Omit<EndpointNode, 'port'>;

/**
 * What a Pod is for whoever selects it: as the EndpointSlice controller of Kubernetes has it for a Service of one family that does not publish
 * addresses that are not ready, and as EndpointSlices are read here. Undefined: no endpoint.
 */
export function podEndpoint({ metadata, status = {} }: Pod): PodEndpoint | undefined {
  const { podIP: address, phase, conditions = [] } = status;
  const isReady = conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  if (address === undefined || !isReady || isOver(phase) || !isEndpointAddress(address)) return undefined;
  const zone = metadata.labels?.[ZONE_LABEL];
  return { address, ...(zone === undefined || zone === '' ? {} : { zone }), draining: metadata.deletionTimestamp !== undefined };
}

/** It runs no more, and its address may be another Pod's by now. */
const isOver = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

/**
 * Whether an EndpointSlice may have this address: no names, and nothing of the proxy's own machine or link (the API server's rules for
 * EndpointSlices, which a Pod's status need not follow).
 */
export function isEndpointAddress(address: string): boolean {
  if (!address.includes(':')) return isPlainIPv4(address);
  const groups = ipv6Groups(address);
  const [first = 0] = groups ?? [];
  if (groups === undefined || (first & 0xffc0) === 0xfe80 || first === 0xff02) return false;
  // Unspecified, loopback, and IPv4 in disguise.
  const rest = groups.slice(0, 7).findIndex((group) => group !== 0);
  return rest >= 0 && !(rest === 5 && groups[5] === 0xffff);
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
/** Unspecified, loopback, and what does not leave the link. */
const SPECIAL_IPV4 = /^(?:0\.0\.0\.0$|127\.|169\.254\.|224\.0\.0\.)/;

const isPlainIPv4 = (address: string): boolean => IPV4.test(address) && !SPECIAL_IPV4.test(address);

/** The eight numbers of an address (RFC 4291, 2.2); undefined: it is none, or has IPv4 in its end. */
function ipv6Groups(address: string): readonly number[] | undefined {
  const halves = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const [head = [], tail = []] = halves;
  const missing = 8 - head.length - tail.length;
  const isWhole = halves.length === 1 ? missing === 0 : halves.length === 2 && missing > 0;
  if (!isWhole || ![...head, ...tail].every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return [...head, ...Array.from({ length: missing }, () => '0'), ...tail].map((group) => Number.parseInt(group, 16));
}
