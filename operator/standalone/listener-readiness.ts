import { compareText } from '../../translators/gateway-api/age.ts';
import type { Transport } from '../../translators/ir/transport.ts';
import type { ControlPlane } from '../control-plane.ts';
import { answers } from './listener-ports.ts';

interface BoundPort {
  readonly transport: Transport;
  readonly port: number;
}

function portsOf(controlPlane: ControlPlane): readonly BoundPort[] {
  const ports = controlPlane.fleets().flatMap((infra) => infra.ports.map(({ transport, bindPort: port }) => ({ transport, port })));
  return ports.sort((a, b) => a.port - b.port || compareText(a.transport, b.transport));
}

/** The ports that the proxies of this machine bind now, sorted, each once, as people write them: `80`, `53/udp`. */
export const boundPorts = (controlPlane: ControlPlane): readonly string[] => [
  ...new Set(portsOf(controlPlane).map(({ transport, port }) => (transport === 'UDP' ? `${port}/udp` : String(port)))),
];

/** Whether the proxies of every fleet have taken all of their listeners: a port that answers may still be somebody else's. */
function areTaken({ server, fleets }: { readonly server: ControlPlane['server']; readonly fleets: readonly string[] }): boolean {
  return fleets.every((fleet) => {
    const { nodes } = server.fleetState(fleet);
    const taken = nodes.every(({ types: { listener } }) => listener.subscribed && listener.pending.length + listener.refused.length === 0);
    return nodes.length > 0 && taken;
  });
}

/** Whether every listener of this machine takes connections, and is ours. For datagrams that it is taken is all that can be known. */
export async function allListenersAnswer(controlPlane: ControlPlane): Promise<boolean> {
  const fleets = controlPlane.fleets().map(({ fleet }) => fleet);
  if (!areTaken({ server: controlPlane.server, fleets })) return false;
  const connected = portsOf(controlPlane).flatMap(({ transport, port }) => (transport === 'TCP' ? [port] : []));
  const open = await Promise.all([...new Set(connected)].map(answers));
  return open.every((answered) => answered);
}
