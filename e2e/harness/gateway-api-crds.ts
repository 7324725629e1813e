import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';

/** A Go module with data for tests, pinned as go.sum would pin it. */
interface GoModule {
  readonly path: string;
  readonly version: string;
  readonly sum: string;
}

/** What tests install, and what people are told to. */
export const GATEWAY_API_VERSION = 'v1.6.3';

const gatewayApi: GoModule = {
  path: 'sigs.k8s.io/gateway-api',
  version: GATEWAY_API_VERSION,
  sum: 'h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=',
};

const envoyGateway: GoModule = {
  path: 'github.com/envoyproxy/gateway',
  version: 'v1.9.0',
  sum: 'h1:PaOpud15v3kDCl3L5yc1TdYzggCMpRm1yRjNKmLkzHA=',
};

export type Channel = 'standard' | 'experimental';

/** The files of the upstream Gateway API CRDs of a channel; among them an admission policy that guards upgrades. */
export async function gatewayApiCrds(channel: Channel): Promise<readonly string[]> {
  return await manifestsIn(join(await moduleFolder(gatewayApi), 'config', 'crd', channel), 'gateway.networking.');
}

/** The files of Envoy Gateway's own CRDs, to hold ours against. */
export async function envoyGatewayCrds(): Promise<readonly string[]> {
  const folder = join(await moduleFolder(envoyGateway), 'charts', 'gateway-crds-helm', 'templates', 'generated');
  return await manifestsIn(folder, 'gateway.envoyproxy.io_');
}

async function manifestsIn(folder: string, prefix: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}

/** The module's folder in Go's module cache; Go fetches it where it is not there yet. */
async function moduleFolder(module: GoModule): Promise<string> {
  const offline = process.env['GATEHOUSE_OFFLINE'] === '1';
  const { ok, stdout, reason } = await runCommand('go', ['mod', 'download', '-json', `${module.path}@${module.version}`], {
    cwd: tmpdir(),
    env: { ...process.env, GOWORK: 'off', ...(offline ? { GOPROXY: 'off' } : {}) },
  });
  if (!ok) throw new Error(`Go cannot fetch the module ${module.path} ${module.version}: ${reason}\n${stdout}`);
  // Go's own answer; the fields are those of `go help mod download`.
  const { Dir, Sum } = JSON.parse(stdout) as { readonly Dir: string; readonly Sum: string };
  if (Sum !== module.sum)
    throw new Error(`the module ${module.path} ${module.version} has the checksum ${Sum}, but must have ${module.sum}`);
  return Dir;
}
