import { infraName } from '../../translators/gateway-api/infra-name.ts';
import type { Authorize } from '../../xds/node-identity.ts';
import type { ControlPlaneLogger } from '../control-plane.ts';
import { certifiedNames } from './certified-names.ts';

/** Refusals of one kind are told so often at most, in milliseconds: a proxy with a wrong certificate comes back every few seconds. */
const TELL_MS = 60_000;
/** Kinds of refusals that are remembered. */
const MOST = 256;

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
    const shown = names.length === 0 ? 'shows no client certificate with DNS names' : `proves ${names.join(', ')}`;
    const message = `the configuration of ${fleet} is for certificates with the name ${wanted.join(' or ')}; this client ${shown}`;
    const at = now();
    if (at - (told.get(message) ?? Number.NEGATIVE_INFINITY) >= TELL_MS) {
      if (told.size >= MOST) told.clear();
      told.set(message, at);
      logger.warn(`A proxy is refused: ${message}. Give it the Secret envoy of the namespace ${namespace}.`, { node: id, fleet, address });
    }
    return { ok: false, message };
  };
}
