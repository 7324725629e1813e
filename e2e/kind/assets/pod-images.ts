import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { kubernetesVersion } from '../../harness/assets/kubernetes-binaries.ts';
import type { ImageFile, ImageRecipe } from '../../images/image-file.ts';
import { runtimeFiles } from '../../images/runtime-files.ts';
import { coreDnsVersion, etcdVersion, pauseVersion } from './built-parts.ts';

/** Folders with the programs that run in a cluster's own pods. */
export interface PodPrograms {
  readonly kubernetes: string;
  readonly etcd: string;
  readonly coreDns: string;
  readonly pause: string;
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The images that kubeadm runs, under the names that it asks for. */
export async function podImages(programs: PodPrograms): Promise<readonly ImageRecipe[]> {
  const common = await runtimeFiles([]);
  const image = (name: string, folder: string, program: string, rest: Partial<ImageRecipe> = {}): ImageRecipe => ({
    name: `registry.k8s.io/${name}`,
    layers: [common, [{ path: `/usr/local/bin/${program}`, file: join(folder, program) }]],
    entrypoint: [`/usr/local/bin/${program}`],
    environment: [PATH],
    // As in the images of the Kubernetes project: what they may is said in their pods.
    user: 0,
    ports: [],
    ...rest,
  });
  const ofKubernetes = (name: string): ImageRecipe => image(`${name}:v${kubernetesVersion}`, programs.kubernetes, name);
  const proxy = ofKubernetes('kube-proxy');
  return [
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(ofKubernetes),
    { ...proxy, layers: [await packetFilterFiles(), ...proxy.layers.slice(1)] },
    image(`etcd:${etcdVersion}-0`, programs.etcd, 'etcd'),
    image(`coredns/coredns:v${coreDnsVersion}`, programs.coreDns, 'coredns'),
    image(`pause:${pauseVersion}`, programs.pause, 'pause'),
  ];
}

/** kube-proxy programs Services with iptables: this machine's, its extensions (which it loads by name), and what both are linked with. */
async function packetFilterFiles(): Promise<readonly ImageFile[]> {
  const programs = ['/usr/sbin/xtables-nft-multi', '/usr/sbin/xtables-legacy-multi'];
  const extensions = await extensionsOf(await runtimeFiles(programs));
  const tools = ['iptables', 'ip6tables'].flatMap((family) => [family, `${family}-save`, `${family}-restore`]);
  return [
    ...(await runtimeFiles([...programs, ...extensions])),
    ...[...programs, ...extensions].map((file) => ({ path: file, file })),
    ...tools.map((tool) => ({ path: `/usr/sbin/${tool}`, link: 'xtables-nft-multi' })),
    { path: '/run', folder: true },
  ];
}

/** They are in `xtables/` beside the C library, for instance in /usr/lib/x86_64-linux-gnu. */
async function extensionsOf(files: readonly ImageFile[]): Promise<readonly string[]> {
  const library = files.find(({ path }) => basename(path) === 'libc.so.6');
  if (library === undefined) throw new Error('iptables of this machine is not linked with a C library');
  const folder = join('/usr', dirname(library.path).replace(/^\/usr/, ''), 'xtables');
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith('.so')).map((name) => join(folder, name));
}
