import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { NONROOT } from './image-file.ts';

/** The configuration of an image, as the OCI image specification names its fields; those that ours have. */
export interface ImageConfiguration {
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd?: readonly string[];
    readonly ExposedPorts: Readonly<Record<string, object>>;
  };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** An archive's contents, its layers laid over each other as a container sees them. */
export interface UnpackedImage {
  /** Folder with index.json, manifest.json and blobs/. */
  readonly archive: string;
  readonly root: string;
  readonly configuration: ImageConfiguration;
  readonly remove: () => Promise<void>;
}

/** What index.json and manifests point with. */
export interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export async function readBlob<T>(archive: string, { digest }: Descriptor): Promise<T> {
  return JSON.parse(await readFile(blobFile(archive, digest), 'utf8')) as T; // who asks names what it is
}

export const blobFile = (archive: string, digest: string): string => join(archive, 'blobs', ...digest.split(':'));

export async function unpackImage(file: string): Promise<UnpackedImage> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-image-'));
  const [archive, root] = [join(folder, 'archive'), join(folder, 'root')];
  await Promise.all([mkdir(archive), mkdir(root)]);
  await unpack(file, archive);
  const index = JSON.parse(await readFile(join(archive, 'index.json'), 'utf8')) as { manifests: [Descriptor] }; // the test of it is the caller's
  const manifest = await readBlob<{ config: Descriptor; layers: Descriptor[] }>(archive, index.manifests[0]);
  for (const { digest } of manifest.layers) await unpack(blobFile(archive, digest), root);
  const configuration = await readBlob<ImageConfiguration>(archive, manifest.config);
  return { archive, root, configuration, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function unpack(file: string, into: string): Promise<void> {
  const { ok, reason } = await runCommand('tar', ['-xf', file, '-C', into]);
  if (!ok) throw new Error(`${file} cannot be unpacked: ${reason}`);
}

/** Runs the arguments that come after its own as `NONROOT` in a root that nobody can write to, as a pod with a read-only root does. */
const READ_ONLY = `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec chroot --userspec=${NONROOT}:${NONROOT} "$@"`;

export interface ContainerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** What starts a container of the image without a container engine: its own root, read-only, the image's user and environment. */
export function containerCommand({ root, configuration }: UnpackedImage, args?: readonly string[]): ContainerCommand {
  const { Entrypoint, Cmd = [], Env } = configuration.config;
  const env = Object.fromEntries(Env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  return {
    command: 'unshare',
    args: ['--mount', '--', 'sh', '-c', READ_ONLY, 'sh', root, ...Entrypoint, ...(args ?? Cmd)],
    // Where chroot is may be none of the image's own folders.
    env: { ...env, PATH: `${env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  };
}

/** Why no container can be started on this machine, in a line; undefined: it can. */
export async function containerProblem(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root may change the root of a process and who it is';
  const { ok, reason } = await runCommand('unshare', ['--mount', '--', 'mount', '--bind', '/', '/']);
  return ok ? undefined : `this machine lets nobody make a mount namespace (${reason.replaceAll(/\s+/g, ' ')})`;
}
