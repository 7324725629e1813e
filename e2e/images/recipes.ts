import { join } from 'node:path';
import { ENVOY_IMAGE, operatorImage } from '../../operator/images.ts';
import { envoyVersion } from '../../operator/standalone/binaries/envoy-tool.ts';
import type { StepReport } from '../../operator/standalone/binaries/step-report.ts';
import { ensureEnvoy } from '../../operator/standalone/envoy-binary.ts';
import type { Bundle } from './bundle.ts';
import type { ImageRecipe } from './image-file.ts';
import { NODE, operatorFiles } from './operator-files.ts';
import { runtimeFiles } from './runtime-files.ts';

const ROOT = join(import.meta.dirname, '../..');
const CERTIFICATES = 'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt';
const PATH = 'PATH=/usr/local/bin:/usr/bin:/bin:/nodejs/bin';

export const echoImage = (version: string): string => `docker.io/gatehouse/echo:${version}`;

/** How the operator's image is run; the Dockerfile says the same. */
export const operatorSettings = {
  entrypoint: ['/usr/local/bin/gatehouse'],
  environment: [PATH, CERTIFICATES, 'NODE_ENV=production'],
  ports: [8081, 9443, 18_000, 19_001],
} as const;

/** The operator; its arguments are those of the `gatehouse` command. */
export async function operatorRecipe(version: string, bundle: Bundle): Promise<ImageRecipe> {
  return {
    name: operatorImage(version),
    layers: [...(await nodeLayers()), operatorFiles(bundle)],
    ...operatorSettings,
  };
}

/** A stand-in for Envoy's own distroless image, for machines that cannot pull that: the same executable at the same place. */
export async function envoyRecipe(report: StepReport): Promise<ImageRecipe> {
  const { path, version } = await ensureEnvoy(report);
  if (version !== envoyVersion) throw new Error(`The image ${ENVOY_IMAGE} needs Envoy ${envoyVersion}, and ${path} is ${version}`);
  return {
    name: ENVOY_IMAGE,
    layers: [await runtimeFiles([path]), [{ path: '/usr/local/bin/envoy', file: path }]],
    entrypoint: ['/usr/local/bin/envoy'],
    command: ['-c', '/etc/envoy/envoy.yaml'],
    environment: [PATH, CERTIFICATES],
    ports: [10_000],
  };
}

/** The backend that tests ask: it answers with what it saw of a request. */
export async function echoRecipe(version: string): Promise<ImageRecipe> {
  const sources = ['e2e/images/echo-server.ts', 'operator/standalone/echo-backend.ts', 'package.json'];
  return {
    name: echoImage(version),
    layers: [...(await nodeLayers()), sources.map((name) => ({ path: join('/app', name), file: join(ROOT, name) }))],
    entrypoint: [NODE, '/app/e2e/images/echo-server.ts'],
    environment: [PATH, CERTIFICATES, 'NODE_ENV=production'],
    ports: [3000],
  };
}

const nodeLayers = async () => [await runtimeFiles([process.execPath]), [{ path: NODE, file: process.execPath }]];
