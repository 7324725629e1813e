import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Download, download } from '../../../operator/standalone/binaries/download.ts';
import { obtain, type Source, type Tool } from '../../../operator/standalone/binaries/obtain.ts';
import { type Platform, thisPlatform } from '../../../operator/standalone/binaries/platform.ts';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { type GoProgram, goBuild } from './go-build.ts';

/** A real etcd and a real kube-apiserver. */
export interface KubernetesBinaries {
  /** The folder that holds both; what KUBEBUILDER_ASSETS names. */
  readonly folder: string;
  readonly etcd: string;
  readonly apiServer: string;
  /** `KUBEBUILDER_ASSETS`, `cache`, or the name of the source they came from just now. */
  readonly source: string;
}

const executables = ['etcd', 'kube-apiserver'] as const;

/** The newest Kubernetes that envtest archives existed for; checksums as controller-tools publishes them in envtest-releases.yaml. */
const envtestVersion = '1.36.2';
const envtestArchives: Partial<Record<Platform, Download>> = {
  'linux-x64': envtest(
    'linux-amd64',
    'ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dcf30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08',
  ),
  'linux-arm64': envtest(
    'linux-arm64',
    '2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae28181afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac',
  ),
  'darwin-x64': envtest(
    'darwin-amd64',
    'b4fe9f973cd1992e3880f8b230ed32c0c243b83371591e3e3315f4404df2cdbef8ee94eeb9bb245b7e5feb987d5c4a76c43e0877654ab73f00d7bbc2b9984514',
  ),
  'darwin-arm64': envtest(
    'darwin-arm64',
    '9278f9e5af556b2f1f2d139769c1f0d717c7b4426917fdebdba898bcb725a916e4910d6160886194ff9be9589ea7c5c32c2b8ae0754703874b7c8ba8ddfc41ce',
  ),
};

function envtest(platform: string, checksum: string): Download {
  const name = `envtest-v${envtestVersion}`;
  const url = `https://github.com/kubernetes-sigs/controller-tools/releases/download/${name}/${name}-${platform}.tar.gz`;
  return { url, algorithm: 'sha512', checksum };
}

export const kubernetesVersion = '1.36.3';
const versionPackage = 'k8s.io/component-base/version';
const programs: Readonly<Record<(typeof executables)[number], GoProgram>> = {
  etcd: { name: 'etcd 3.6.8', module: 'etcd', package: 'go.etcd.io/etcd/server/v3', variables: {} },
  'kube-apiserver': kubernetesProgram('kube-apiserver'),
};

/** A program of the Kubernetes project, by the name of its folder in `cmd/`. */
export function kubernetesProgram(name: string): GoProgram {
  return {
    name: `${name} ${kubernetesVersion}`,
    module: 'kubernetes',
    package: `k8s.io/kubernetes/cmd/${name}`,
    // Without them the program calls itself v0.0.0, and others refuse it features.
    variables: {
      [`${versionPackage}.gitVersion`]: `v${kubernetesVersion}`,
      [`${versionPackage}.gitMajor`]: '1',
      [`${versionPackage}.gitMinor`]: '36',
    },
  };
}

/** What decides where the binaries come from; all of it has its usual value. */
export interface KubernetesSurroundings {
  readonly environment?: NodeJS.ProcessEnv;
  readonly sources?: readonly Source[];
}

/**
 * Finds etcd and kube-apiserver: KUBEBUILDER_ASSETS, else the cached copy, else the envtest archive, else both are built with Go from pinned modules.
 * Rejects with an Error that lists why each of them failed and what to do.
 */
export async function ensureKubernetesBinaries(report: StepReport, surroundings: KubernetesSurroundings = {}): Promise<KubernetesBinaries> {
  const { environment = process.env, sources = [envtestSource(envtestArchives[thisPlatform]), goSource(environment)] } = surroundings;
  const named = environment['KUBEBUILDER_ASSETS'];
  if (named) return namedBinaries(named);
  const { folder, source } = await obtain(kubernetesTool(sources), report, environment);
  return inFolder(folder, source);
}

function namedBinaries(folder: string): KubernetesBinaries {
  const missing = executables.filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return inFolder(folder, 'KUBEBUILDER_ASSETS');
  throw new Error(`KUBEBUILDER_ASSETS=${folder} holds no ${missing.join(' and no ')}. Correct it, or unset it to have them fetched.`);
}

function inFolder(folder: string, source: string): KubernetesBinaries {
  return { folder, source, etcd: join(folder, 'etcd'), apiServer: join(folder, 'kube-apiserver') };
}

function kubernetesTool(sources: readonly Source[]): Tool {
  return {
    name: 'etcd and kube-apiserver',
    folder: 'envtest',
    files: executables,
    sources,
    verify: async (folder) => {
      for (const name of executables) {
        const { ok, reason } = await runCommand(join(folder, name), ['--version'], { timeout: 20_000 });
        if (!ok) throw new Error(`\`${name} --version\` fails: ${reason}`);
      }
    },
    cure: 'Put etcd and kube-apiserver into one folder and name it in KUBEBUILDER_ASSETS, or install Go (1.26 or newer) to have them built.',
  };
}

export function envtestSource(archive: Download | undefined): Source {
  return {
    name: 'the envtest release',
    version: envtestVersion,
    needsNetwork: true,
    fill: async (into, report) => {
      if (archive === undefined) throw new Error(`there is none for ${thisPlatform}`);
      report.line(`etcd and kube-apiserver: downloading ${envtestVersion} from ${new URL(archive.url).host}`);
      const file = join(into, 'envtest.tar.gz');
      await download(archive, file, report);
      // The archive keeps its files in controller-tools/envtest/.
      const { ok, reason } = await runCommand('tar', ['-xzf', file, '-C', into, '--strip-components=2']);
      if (!ok) throw new Error(`the archive cannot be unpacked: ${reason}`);
      await rm(file);
    },
  };
}

function goSource(environment: NodeJS.ProcessEnv): Source {
  return {
    name: 'a Go build',
    version: kubernetesVersion,
    // Go's module cache may hold all it needs.
    needsNetwork: false,
    fill: async (into, report) => {
      for (const name of executables) await goBuild(programs[name], join(into, name), report, environment);
    },
  };
}
