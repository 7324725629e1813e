import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type GoModule, goModuleFolder } from './go-module.ts';

/** What tests install, and what people are told to. */
export const GATEWAY_API_VERSION = 'v1.6.3';

const gatewayApi: GoModule = {
  path: 'sigs.k8s.io/gateway-api',
  version: GATEWAY_API_VERSION,
  sum: 'h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=',
};

/** What people may have installed as well. */
const newerGatewayApi: GoModule = {
  path: 'sigs.k8s.io/gateway-api',
  version: 'v1.7.0',
  sum: 'h1:duVnm7nO6oXfMMUWfcDoBph47CYR/ME3NGxccOVglaY=',
};

const envoyGateway: GoModule = {
  path: 'github.com/envoyproxy/gateway',
  version: 'v1.9.0',
  sum: 'h1:PaOpud15v3kDCl3L5yc1TdYzggCMpRm1yRjNKmLkzHA=',
};

export type Channel = 'standard' | 'experimental';

/** The files of the upstream Gateway API CRDs of a channel; among them an admission policy that guards upgrades. */
export async function gatewayApiCrds(channel: Channel): Promise<readonly string[]> {
  return await manifestsIn(join(await goModuleFolder(gatewayApi), 'config', 'crd', channel), 'gateway.networking.');
}

/** The same of v1.7.0, whose objects are taken too. */
export async function newerGatewayApiCrds(channel: Channel): Promise<readonly string[]> {
  return await manifestsIn(join(await goModuleFolder(newerGatewayApi), 'config', 'crd', channel), 'gateway.networking.');
}

/** The files of Envoy Gateway's own CRDs, to hold ours against. */
export async function envoyGatewayCrds(): Promise<readonly string[]> {
  const folder = join(await goModuleFolder(envoyGateway), 'charts', 'gateway-crds-helm', 'templates', 'generated');
  return await manifestsIn(folder, 'gateway.envoyproxy.io_');
}

async function manifestsIn(folder: string, prefix: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}
