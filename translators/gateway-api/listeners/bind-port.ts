import { type Settings, UNPRIVILEGED_SHIFT } from '../../settings.ts';

/**
 * What a proxy binds for a port of its Gateways: the settings say it, unless the proxy itself or another listener is there. A port that
 * stands in for one below 1024 may be a Gateway's own port too (10080, beside 80): then that one gives way, because the other was asked for
 * by its usual number. Only what is behind the Service moves.
 * @param has whether the fleet has a listener on a port
 */
export function bindPort(port: number, settings: Pick<Settings, 'bindPort' | 'reservedPorts'>, has: (port: number) => boolean): number {
  const bound = settings.bindPort(port);
  const isReserved = (candidate: number): boolean => settings.reservedPorts?.has(candidate) === true;
  if (bound !== port || !(isReserved(port) || standsIn(port, settings, has))) return bound;
  let free = port;
  do free += UNPRIVILEGED_SHIFT;
  while (has(free) || isReserved(free));
  return free;
}

function standsIn(port: number, settings: Pick<Settings, 'bindPort'>, has: (port: number) => boolean): boolean {
  const other = port - UNPRIVILEGED_SHIFT;
  return other > 0 && has(other) && settings.bindPort(other) === port;
}
