import { join } from 'node:path';
import { obtain, type Tool } from '../../../operator/standalone/binaries/obtain.ts';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { type GoProgram, goBuild } from '../../harness/assets/go-build.ts';
import { kubernetesProgram, kubernetesVersion } from '../../harness/assets/kubernetes-binaries.ts';

/** Programs that Go builds from one pinned module, kept together in the cache: file name -> program. */
interface Part {
  readonly name: string;
  /** Its folder in the cache. */
  readonly folder: string;
  readonly version: string;
  readonly programs: Readonly<Record<string, GoProgram>>;
  /** What shows that a copy runs. */
  readonly check: readonly [command: string, ...args: string[]];
}

const program = (name: string, module: string, of: string): GoProgram => ({ name, module, package: of, variables: {} });
const plugin = (path: string): GoProgram => program(`CNI plugin ${path}`, 'cni', `github.com/containernetworking/plugins/plugins/${path}`);

/** Programs of a node; the first three are the node's own, the others run in pods. */
const KUBERNETES = ['kubeadm', 'kubelet', 'kubectl', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'] as const;

/** The versions that this Kubernetes' kubeadm asks for by its images' names. */
export const etcdVersion = '3.6.8';
export const coreDnsVersion = '1.14.2';
export const pauseVersion = '3.10.2';
export const kindVersion = '0.33.0';

const parts = {
  kubernetes: {
    name: "Kubernetes' programs",
    folder: 'kind/kubernetes',
    version: kubernetesVersion,
    programs: Object.fromEntries(KUBERNETES.map((name) => [name, kubernetesProgram(name)])),
    check: ['kubeadm', 'version'],
  },
  etcd: {
    name: 'etcd',
    folder: 'kind/etcd',
    version: etcdVersion,
    programs: { etcd: program(`etcd ${etcdVersion}`, 'etcd', 'go.etcd.io/etcd/server/v3') },
    check: ['etcd', '--version'],
  },
  coreDns: {
    name: 'CoreDNS',
    folder: 'kind/coredns',
    version: coreDnsVersion,
    programs: { coredns: program(`CoreDNS ${coreDnsVersion}`, 'coredns', '.') },
    check: ['coredns', '-version'],
  },
  cni: {
    name: 'CNI plugins',
    folder: 'kind/cni',
    version: '1.9.1',
    programs: {
      'host-local': plugin('ipam/host-local'),
      loopback: plugin('main/loopback'),
      ptp: plugin('main/ptp'),
      portmap: plugin('meta/portmap'),
    },
    check: ['host-local', '--version'],
  },
  pause: {
    name: "pods' first process",
    folder: 'kind/pause',
    version: pauseVersion,
    programs: { pause: program('pause', 'pause', '.') },
    check: ['pause', '--version'],
  },
  kind: {
    name: 'kind',
    folder: 'kind/cli',
    version: kindVersion,
    programs: { kind: program(`kind ${kindVersion}`, 'kind', 'sigs.k8s.io/kind') },
    check: ['kind', 'version'],
  },
} satisfies Readonly<Record<string, Part>>;

export type PartName = keyof typeof parts;

/** The folder of a part in the cache, built by Go where it is not there. Rejects with an Error that says why not and what to do. */
export async function ensurePart(name: PartName, report: StepReport, environment = process.env): Promise<string> {
  return (await obtain(toolOf(parts[name], environment), report, environment)).folder;
}

function toolOf(part: Part, environment: NodeJS.ProcessEnv): Tool {
  return {
    name: part.name,
    folder: part.folder,
    files: Object.keys(part.programs),
    sources: [
      {
        name: 'a Go build',
        version: part.version,
        // Go's module cache may hold all it needs.
        needsNetwork: false,
        fill: async (into, report) => {
          for (const [file, built] of Object.entries(part.programs)) await goBuild(built, join(into, file), report, environment);
        },
      },
    ],
    verify: (folder) => runs(folder, part.check),
    cure: 'Install Go (1.26 or newer).',
  };
}

async function runs(folder: string, [command, ...args]: Part['check']): Promise<void> {
  const { ok, reason } = await runCommand(join(folder, command), args, { timeout: 20_000 });
  if (!ok) throw new Error(`\`${command} ${args.join(' ')}\` fails: ${reason}`);
}
