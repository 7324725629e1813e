/** `make docs`: writes `docs/features/` anew. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { featurePages } from './feature-pages.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../docs/features');

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of featurePages()) writeFileSync(path.join(FOLDER, name), text);
