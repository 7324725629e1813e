/** `make images`: the archives that a cluster without access to a registry is loaded from. Prints a line for each: name, tab, file. */
import { stepReport } from '../../operator/standalone/binaries/step-report.ts';
import { errorText } from '../../operator/standalone/system-error.ts';
import { ensureImages } from './image-archives.ts';

const report = stepReport(process.stderr);
try {
  for (const { name, file } of Object.values(await ensureImages(report))) process.stdout.write(`${name}\t${file}\n`);
} catch (error) {
  report.line(errorText(error));
  process.exitCode = 1;
}
