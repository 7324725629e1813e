/** What an XBackend may lead to: a name of the world outside (GEP-4894, "FQDN Security Analysis"). */

/** Where what runs in a cloud is told its secrets. */
const METADATA_SERVERS: ReadonlySet<string> = new Set(['metadata.google.internal', 'instance-data.ec2.internal']);

const NUMBER = /^(\d+|0x[0-9a-f]*)$/;

/**
 * Why a name may not be led to, to follow the name in a sentence; undefined: it may. A name that somebody lets point inside all the same can only be
 * told by its addresses, which the proxies look up.
 * @param clusterDomain `cluster.local`
 */
export function whyNoExternalHostname(hostname: string, clusterDomain: string): string | undefined {
  const labels = hostname.split('.');
  const last = labels.at(-1) ?? '';
  if (NUMBER.test(last)) return 'is an address; use a name';
  if (last === 'localhost' || last === 'localdomain') return 'is the proxy itself; use a name of the world outside';
  if (labels.length === 1) return 'is a name of this network; use a full name such as api.example.com';
  if (METADATA_SERVERS.has(hostname)) return 'has the secrets of the machine; use another name';
  const inside = ['cluster.local', clusterDomain].some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
  return inside ? 'is a name of this cluster; use a Service, which ReferenceGrants can guard' : undefined;
}
