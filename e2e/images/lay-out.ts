/** `node e2e/images/lay-out.ts FOLDER`: puts the operator's files into FOLDER as they are in its image; what the Dockerfile copies. */
import { join, resolve } from 'node:path';
import { buildProgram, IMAGE_FOLDER } from './image-archives.ts';
import { placeFile } from './layer.ts';
import { operatorFiles } from './operator-files.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: lay-out.ts FOLDER');
const { packages, program } = operatorFiles(await buildProgram(IMAGE_FOLDER));
for (const file of [...packages, ...program]) await placeFile(file, join(resolve(folder), file.path));
