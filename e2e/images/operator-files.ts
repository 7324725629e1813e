import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageFile } from './image-file.ts';

const ROOT = join(import.meta.dirname, '../..');
const HOME = '/app';

/** Where distroless images have Node. */
export const NODE = '/nodejs/bin/node';

/**
 * The command in an image that has no shell. One flag is all that such a line can hold; it is what bin/gatehouse starts Node with: a young
 * generation in which a burst of events finds room.
 */
const LAUNCHER = `#!${NODE} --max-semi-space-size=16\nimport('${HOME}/dist/cli/main.js');\n`;

export interface OperatorFiles {
  /** The packages that production needs; they change seldom. */
  readonly packages: readonly ImageFile[];
  readonly program: readonly ImageFile[];
}

/** @param built where `tsc --project tsconfig.build.json` put its output */
export function operatorFiles(built: string): OperatorFiles {
  return {
    packages: productionPackages().flatMap(filesOfPackage),
    program: [
      ...globSync('**/*.js', { cwd: built }).map((name) => ({ path: join(HOME, 'dist', name), file: join(built, name) })),
      { path: join(HOME, 'package.json'), file: join(ROOT, 'package.json') },
      { path: join(HOME, 'LICENSE'), file: join(ROOT, 'LICENSE') },
      { path: '/usr/local/bin/gatehouse', text: LAUNCHER, executable: true },
    ],
  };
}

interface LockedPackage {
  /** Only development needs it. */
  readonly dev?: boolean;
  /** Works without it. */
  readonly optional?: boolean;
}

/** Folders of the packages that are there without development, by the lock file; type declarations do nothing at run time. */
function productionPackages(): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockedPackage> }; // npm's format
  const wanted = Object.entries(packages).filter(
    ([folder, { dev }]) => folder !== '' && dev !== true && !folder.startsWith('node_modules/@types/'),
  );
  const missing = wanted.find(([folder, { optional }]) => optional !== true && !existsSync(join(ROOT, folder)));
  if (missing !== undefined) throw new Error(`${missing[0]} is not installed. Run \`make setup\`.`);
  return wanted.map(([folder]) => folder).filter((folder) => existsSync(join(ROOT, folder)));
}

/** What Node loads, and what the licences ask to keep; no types, maps, texts, and no code for other processors. */
const KEPT = /\.(?:js|cjs|mjs|json|node|wasm|proto)$|(?:^|\/)(?:licen[cs]e|notice|copying)[^/]*$/i;
const DROPPED = /(?:^|\/)(?:node_modules|prebuilds)\/|\.(?:test|spec)\.[cm]?js$/;

function filesOfPackage(folder: string): readonly ImageFile[] {
  return globSync('**/*', {
    cwd: join(ROOT, folder),
    withFileTypes: true,
    exclude: (entry) => entry.isDirectory() && entry.name === 'node_modules',
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => KEPT.test(file) && !DROPPED.test(file.slice(join(ROOT, folder).length)))
    .map((file) => ({ path: join(HOME, file.slice(ROOT.length)), file }));
}
