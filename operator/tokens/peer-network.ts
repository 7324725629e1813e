import { isIPv6 } from 'node:net';

/** An address, and the smallest network in which whoever has it may have all the others. */
export interface PeerNetwork {
  readonly address: string;
  /** Of IPv6 the /64, as four groups; else the address. */
  readonly network: string;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** @param peer an address as sockets name it; IPv4 that comes by an IPv6 socket (`::ffff:10.0.0.1`) is IPv4. Anything else is a network of its own. */
export function peerNetwork(peer: string): PeerNetwork {
  const address = MAPPED.exec(peer)?.[1] ?? peer;
  const [plain = ''] = address.split('%');
  return { address, network: isIPv6(plain) ? prefixOf(plain) : address };
}

function prefixOf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')];
  // `::` stands for as many zeros as are missing; an IPv4 address at the end, for two groups, is never among the first four.
  const missing = tail === undefined ? 0 : GROUPS - first.length - last.length - (address.includes('.') ? 1 : 0);
  const groups = [...first, ...Array.from({ length: missing }, () => '0'), ...last].slice(0, GROUPS / 2);
  return groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':');
}

const GROUPS = 8;

const groupsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));
