/** `node e2e/images/lay-out.ts FOLDER`: puts the operator's files into FOLDER as they are in its image; what the Dockerfile copies. */
import { join, resolve } from 'node:path';
import { bundleProgram } from './bundle.ts';
import { IMAGE_FOLDER } from './image-archives.ts';
import { placeFile } from './layer.ts';
import { operatorFiles } from './operator-files.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: lay-out.ts FOLDER');
for (const file of operatorFiles(await bundleProgram(join(IMAGE_FOLDER, 'dist')))) await placeFile(file, join(resolve(folder), file.path));
