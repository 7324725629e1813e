import { isIPv6 } from 'node:net';

/** What stands for all addresses of the pod or machine that this runs on: `::`, which takes IPv4 too, where the pod's address (`POD_IP`) is one of IPv6, else `0.0.0.0`. */
export const wildcardAddress = ({ POD_IP = '' }: NodeJS.ProcessEnv = process.env): string => (isIPv6(POD_IP) ? '::' : '0.0.0.0');

/** A host and a port as one text, for instance `[::]:18000` (RFC 3986, 3.2.2). */
export const hostAndPort = (host: string, port: number): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;
