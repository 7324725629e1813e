import { infraName } from '../../translators/gateway-api/infra-name.ts';
import type { NodeIdentity, Peer, Verdict } from '../../xds/node-identity.ts';
import type { ControlPlaneLogger } from '../control-plane.ts';
import { certifiedNames } from './certified-names.ts';
import { printable, Refusals } from './refusals.ts';

/**
 * Which configuration the holder of a certificate may have (decision 12): the name `*.<namespace>` is for all fleets whose proxies run in that namespace,
 * `<infrastructure name>.<namespace>` for that one. Whoever proves neither gets nothing.
 */
export function proxyAuthorization(
  namespace: string,
  logger: ControlPlaneLogger,
  now = Date.now,
): (node: NodeIdentity, peer: Peer) => Verdict {
  const refusals = new Refusals(logger, now);
  return ({ fleet, id }, { address, certificate }) => {
    const wanted = [`*.${namespace}`, `${infraName(fleet)}.${namespace}`];
    const names = certifiedNames(certificate);
    if (names.some((name) => wanted.includes(name))) return { ok: true };
    const proof = names.length === 0 ? 'shows no client certificate with DNS names' : `proves ${names.join(', ')}`;
    const message = `the configuration of ${printable(fleet)} is for certificates with the name ${wanted.map(printable).join(' or ')}; this client ${proof}`;
    const asked = { node: printable(id), fleet: printable(fleet), address };
    refusals.tell(proof, `A proxy is refused: ${message}. Give it the Secret envoy of the namespace ${namespace}.`, asked);
    return { ok: false, message };
  };
}
