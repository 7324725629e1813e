import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { obtain } from '../../../operator/standalone/binaries/obtain.ts';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { installCommands } from './debian-packages.ts';

/** What a node runs besides Kubernetes itself, as packages of Debian. */
const PACKAGES = [
  ...['systemd', 'dbus', 'bash', 'tar', 'gzip', 'procps', 'jq', 'ca-certificates'],
  ...['iptables', 'nftables', 'iproute2', 'ethtool', 'conntrack', 'util-linux', 'mount', 'kmod', 'e2fsprogs'],
  ...['containerd', 'runc', 'libseccomp2'],
];

/** No node needs them. */
const LEFT_OUT = ['man', 'doc', 'locale', 'info'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`);

/** Where this machine's own apt gets Debian from: the same mirrors are used for the node. */
const SOURCES = ['debian.sources', 'ubuntu.sources'].map((name) => `/etc/apt/sources.list.d/${name}`).concat('/etc/apt/sources.list');

/** The file with the root file system of a node (a tar), without anything of Kubernetes. Made by mmdebstrap from this machine's release of Debian. */
export async function ensureRootFileSystem(report: StepReport): Promise<string> {
  const suite = await debianSuite();
  const file = 'root.tar';
  const { folder } = await obtain(
    {
      name: "the node's file system",
      folder: 'kind/root',
      files: [file],
      sources: [
        { name: `Debian ${suite}`, version: `${suite}-1`, needsNetwork: true, fill: (into) => make(suite, join(into, file), report) },
      ],
      verify: async (made) => {
        if ((await stat(join(made, file))).size < 100_000_000) throw new Error(`${file} is too small to be whole`);
      },
      cure: 'It takes root, mmdebstrap, and a mirror of Debian that apt-get reaches.',
    },
    report,
  );
  return join(folder, file);
}

async function make(suite: string, file: string, report: StepReport): Promise<void> {
  await installCommands(['mmdebstrap'], report);
  report.line(`the node's file system: putting it together from packages of Debian ${suite} (a minute or two)`);
  const options = ['--variant=minbase', '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"', ...LEFT_OUT];
  const { ok, reason } = await runCommand(
    'mmdebstrap',
    [...options, `--include=${PACKAGES.join(',')}`, suite, file, ...SOURCES.filter((source) => existsSync(source))],
    { whileRunning: (seconds) => report.progress(`  the node's file system: installing packages (${seconds} s)`) },
  );
  if (!ok) throw new Error(`mmdebstrap: ${reason}`);
}

async function debianSuite(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  if (suite === undefined) throw new Error('a node can be put together only on Debian and its descendants');
  return suite;
}
