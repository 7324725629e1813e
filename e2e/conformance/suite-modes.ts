import type { DeployMode } from '../../translators/settings.ts';

/** What reports call a mode of Gatehouse; the default one has a name of the suite's. */
export const REPORTED_MODES: Readonly<Record<DeployMode, string>> = {
  ControllerNamespace: 'default',
  GatewayNamespace: 'gateway-namespace-mode',
};

/** What MODE asks for. Throws where there is no such mode. */
export function deployMode(asked: string | undefined): DeployMode {
  if (!asked) return 'ControllerNamespace';
  const modes = Object.keys(REPORTED_MODES) as DeployMode[]; // its own keys
  const found = modes.find((mode) => mode === asked);
  if (found === undefined) throw new Error(`MODE=${asked}: there are ${modes.join(' and ')}`);
  return found;
}
