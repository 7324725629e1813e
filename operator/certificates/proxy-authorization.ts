import { infraName } from '../../translators/gateway-api/infra-name.ts';
import type { Authorize } from '../../xds/node-identity.ts';
import type { ControlPlaneLogger } from '../control-plane.ts';
import { certifiedNames } from './certified-names.ts';

/** Refusals of one kind are told so often at most, in milliseconds: a proxy with a wrong certificate comes back every few seconds. */
const TELL_MS = 60_000;
/** Certificates whose refusals are remembered. */
const MOST = 256;
/** What a client says of itself is shown so far, in characters: it may say megabytes. A fleet's name is shorter: namespace and Gateway. */
const SHOWN = 320;

/**
 * Which configuration the holder of a certificate may have (decision 12): the name `*.<namespace>` is for all fleets whose proxies run in that namespace,
 * `<infrastructure name>.<namespace>` for that one. Whoever proves neither gets nothing.
 */
export function proxyAuthorization(namespace: string, logger: ControlPlaneLogger, now = Date.now): Authorize {
  const told = new Map<string, number>();
  return ({ fleet, id }, { address, certificate }) => {
    const wanted = [`*.${namespace}`, `${infraName(fleet)}.${namespace}`];
    const names = certifiedNames(certificate);
    if (names.some((name) => wanted.includes(name))) return { ok: true };
    const proof = names.length === 0 ? 'shows no client certificate with DNS names' : `proves ${names.join(', ')}`;
    const message = `the configuration of ${printable(fleet)} is for certificates with the name ${wanted.map(printable).join(' or ')}; this client ${proof}`;
    const at = now();
    // By what is proven, not by what is asked for: whoever makes up fleets would be told of each time.
    if (at - (told.get(proof) ?? Number.NEGATIVE_INFINITY) >= TELL_MS) {
      if (told.size >= MOST) told.clear();
      told.set(proof, at);
      const asked = { node: printable(id), fleet: printable(fleet), address };
      logger.warn(`A proxy is refused: ${message}. Give it the Secret envoy of the namespace ${namespace}.`, asked);
    }
    return { ok: false, message };
  };
}

/** On one line, and no longer than it helps: it goes into a log and into a gRPC trailer. */
const printable = (text: string): string => text.slice(0, SHOWN).replaceAll(/[^\x20-\x7e]/g, '?');
