/** What a port is a port of: TCP 53 and UDP 53 have nothing to do with each other. */
export type Transport = 'TCP' | 'UDP';

/** Of a listener's protocol. */
export const transportOf = (protocol: string): Transport => (protocol === 'UDP' ? 'UDP' : 'TCP');

/** Names a bound port: `<fleet>|<transport>/<port>`. */
export const portKey = (fleet: string, transport: Transport, port: number): string => `${fleet}|${transport}/${port}`;
