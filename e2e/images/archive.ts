import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ImageRecipe, NONROOT } from './image-file.ts';
import { type Layer, layerOf, linkOrCopy } from './layer.ts';
import { packFolder } from './pack-folder.ts';

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** An image in a file that `docker load`, `ctr images import`, `podman load` and `kind load image-archive` take. */
export interface ImageArchive {
  readonly name: string;
  readonly file: string;
  /** Of the image's configuration: what Docker calls the image's id. */
  readonly id: string;
  /** What it is made of, bottom first. */
  readonly layers: readonly Layer[];
  /** Whether `file` held this image already. */
  readonly found: boolean;
}

interface Blob {
  readonly digest: string;
  readonly size: number;
  readonly text: string;
}

/**
 * Puts an image into the archive `file`; layers are made in, or taken from, `store`. The archive is an OCI image layout with the manifest.json of
 * `docker save` in it, so that old and new tools read it. It is replaced whole or not at all.
 */
export async function writeArchive(recipe: ImageRecipe, file: string, store: string): Promise<ImageArchive> {
  const layers: Layer[] = [];
  for (const files of recipe.layers) layers.push(await layerOf(files, store));
  const configuration = blob(configurationOf(recipe, layers));
  const contents = describe(recipe, layers, configuration);
  const written = { name: recipe.name, file, id: `sha256:${configuration.digest}`, layers };
  const idFile = `${file}.id`;
  // The index names the image and, by its digest, all that is in it.
  const identity = `${contents.index.digest}\n`;
  if (existsSync(file) && existsSync(idFile) && (await readFile(idFile, 'utf8')) === identity) return { ...written, found: true };
  await rm(idFile, { force: true });
  await pack(file, layers, contents);
  await writeFile(idFile, identity);
  return { ...written, found: false };
}

interface Contents {
  readonly index: Blob;
  readonly blobs: readonly Blob[];
  readonly dockerManifest: string;
}

function describe(recipe: ImageRecipe, layers: readonly Layer[], configuration: Blob): Contents {
  const manifest = blob({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('application/vnd.oci.image.config.v1+json', configuration),
    layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar', layer)),
  });
  const tag = recipe.name.slice(recipe.name.lastIndexOf(':') + 1);
  const annotations = { 'io.containerd.image.name': recipe.name, 'org.opencontainers.image.ref.name': tag };
  const index = blob({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest), annotations, platform: platform() }],
  });
  const inDocker = {
    Config: `blobs/sha256/${configuration.digest}`,
    RepoTags: [recipe.name],
    Layers: layers.map(({ digest }) => `blobs/sha256/${digest}`),
  };
  return { index, blobs: [configuration, manifest], dockerManifest: JSON.stringify([inDocker]) };
}

async function pack(file: string, layers: readonly Layer[], { index, blobs, dockerManifest }: Contents): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const work = await mkdtemp(join(dirname(file), '.work-'));
  try {
    const root = join(work, 'root');
    const folder = join(root, 'blobs', 'sha256');
    await mkdir(folder, { recursive: true });
    for (const { digest, text } of blobs) await writeFile(join(folder, digest), text);
    for (const layer of new Map(layers.map((each) => [each.digest, each])).values())
      await linkOrCopy(layer.file, join(folder, layer.digest));
    await writeFile(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(join(root, 'index.json'), index.text);
    await writeFile(join(root, 'manifest.json'), dockerManifest);
    await packFolder(root, join(work, 'archive.tar'));
    await rename(join(work, 'archive.tar'), file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** No time of making in it: the same files give the same image. */
function configurationOf(recipe: ImageRecipe, layers: readonly Layer[]): object {
  const user = recipe.user ?? NONROOT;
  return {
    ...platform(),
    config: {
      User: `${user}:${user}`,
      WorkingDir: '/',
      Env: recipe.environment,
      Entrypoint: recipe.entrypoint,
      ...(recipe.command === undefined ? {} : { Cmd: recipe.command }),
      ExposedPorts: Object.fromEntries(recipe.ports.map((port) => [`${port}/tcp`, {}])),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
  };
}

function platform() {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined || process.platform !== 'linux') {
    throw new Error(
      `Images are put together on Linux, amd64 or arm64, and this is ${process.platform} on ${process.arch}. Build them with \`docker buildx build\`.`,
    );
  }
  return { architecture, os: 'linux' };
}

const descriptor = (mediaType: string, { digest, size }: Pick<Blob, 'digest' | 'size'>) => ({
  mediaType,
  digest: `sha256:${digest}`,
  size,
});

function blob(value: object): Blob {
  const text = JSON.stringify(value);
  return { text, size: Buffer.byteLength(text), digest: createHash('sha256').update(text).digest('hex') };
}
