import type { ControlPlane } from '../control-plane.ts';
import { answers } from './listener-ports.ts';

/** The ports that the proxies of this machine bind now, sorted, each once. */
export function boundPorts(controlPlane: ControlPlane): readonly number[] {
  const ports = controlPlane.fleets().flatMap((infra) => infra.ports.map(({ bindPort }) => bindPort));
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** Whether the proxies of every fleet have taken all of their listeners: a port that answers may still be somebody else's. */
function areTaken({ server, fleets }: { readonly server: ControlPlane['server']; readonly fleets: readonly string[] }): boolean {
  return fleets.every((fleet) => {
    const { nodes } = server.fleetState(fleet);
    const taken = nodes.every(({ types: { listener } }) => listener.subscribed && listener.pending.length + listener.refused.length === 0);
    return nodes.length > 0 && taken;
  });
}

/** Whether every listener of this machine takes connections, and is ours. */
export async function allListenersAnswer(controlPlane: ControlPlane): Promise<boolean> {
  const fleets = controlPlane.fleets().map(({ fleet }) => fleet);
  if (!areTaken({ server: controlPlane.server, fleets })) return false;
  const open = await Promise.all(boundPorts(controlPlane).map(answers));
  return open.every((answered) => answered);
}
