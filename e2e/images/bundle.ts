import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type PluginBuild, stop } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');

/** The command, and the thread that `startHealthEndpoint` begins by its file's name. */
const ENTRIES = ['cli/main.ts', 'operator/endpoints/health-worker.ts'];

/** What packages try to load and do without. */
const OPTIONAL = ['bufferutil', 'encoding', 'supports-color', 'utf-8-validate'];

/** Packages of CommonJS are in the bundle, too, and ask for Node's own modules by `require`. */
const REQUIRE = "import { createRequire as bundleRequire } from 'node:module';\nconst require = bundleRequire(import.meta.url);";

/** What @dot-i/k8s-operator uses of it: by `require` it would get all of it, 17 MB of clients of APIs that nobody calls. */
const CLIENT = '@kubernetes/client-node';
const USED_BY_LIBRARY = `export { ApiextensionsV1Api, CoreV1Api, KubeConfig, loadYaml, Watch } from '${CLIENT}';`;

/** The program without what it does not use. */
export interface Bundle {
  /** Of `main.js` and all that it loads. */
  readonly folder: string;
  /** Folders of the packages of which something is in it, relative to the checkout. */
  readonly packages: readonly string[];
}

/**
 * Puts the sources and what they use of their packages into a few files, some of which are loaded by need: from thousands of files Node starts in
 * twice the time and with twice the memory. Rejects where something cannot be resolved.
 */
export async function bundleProgram(folder: string): Promise<Bundle> {
  await rm(folder, { recursive: true, force: true });
  const { metafile } = await building({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    entryNames: '[name]',
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    keepNames: true,
    // Without comments: a few letters outside of Latin-1 in them, and V8 holds a source at two bytes a letter for as long as the process lives.
    minifyWhitespace: true,
    lineLimit: 160,
    banner: { js: REQUIRE },
    external: OPTIONAL,
    // Node's own one of this name is deprecated and says so to everybody but packages.
    alias: { punycode: 'punycode/' },
    plugins: [{ name: 'kubernetes-client', setup: slimClient }],
    metafile: true,
    logLevel: 'silent',
  });
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
  return { folder, packages: [...new Set(used.flatMap(packageOf))].sort() };
}

/** esbuild is a process of its own, which waits for more until it is told. */
const building: typeof build = async (options) => {
  try {
    return await build(options);
  } finally {
    await stop();
  }
};

const packageOf = (file: string): readonly string[] => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.slice(0, 1) ?? [];

/** The texts that the licences of packages ask to keep. */
export const licencesOf = (folders: readonly string[]): readonly string[] =>
  folders.flatMap((folder) => {
    const files = globSync('*', { cwd: join(ROOT, folder) }).filter((name) => /^(?:licen[cs]e|notice|copying)/i.test(name));
    return files.map((name) => join(folder, name));
  });

/** Of the client stays what is used: none of its modules does anything when it is loaded, which its package.json does not say. */
function slimClient({ onResolve, onLoad, resolve }: PluginBuild): void {
  onResolve({ filter: new RegExp(`^${CLIENT}$`) }, async ({ importer, kind, resolveDir, pluginData }) => {
    if (pluginData === CLIENT) return undefined;
    if (importer.includes('@dot-i/k8s-operator')) return { path: CLIENT, namespace: 'used', pluginData: resolveDir };
    return { ...(await resolve(CLIENT, { importer, kind, resolveDir, pluginData: CLIENT })), sideEffects: false };
  });
  onResolve({ filter: /^\./ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
    if (pluginData === CLIENT || !importer.includes(`/${CLIENT}/`)) return undefined;
    return { ...(await resolve(path, { importer, kind, resolveDir, pluginData: CLIENT })), sideEffects: false };
  });
  onLoad({ filter: /.*/, namespace: 'used' }, ({ pluginData }) => ({ contents: USED_BY_LIBRARY, resolveDir: String(pluginData) }));
}
