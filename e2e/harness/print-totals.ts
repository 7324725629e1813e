/** Prints `N passed, N failed` from the results that jest wrote (`--json --outputFile`). A file whose tests could not even start counts as one failure. */
import { readFileSync } from 'node:fs';

/** What of jest's results is read here; jest wrote them. */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

const [file = ''] = process.argv.slice(2);
try {
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
  process.stdout.write(`${results.numPassedTests} passed, ${results.numFailedTests + results.numRuntimeErrorTestSuites} failed\n`);
} catch {
  process.stderr.write(`jest ended without results in ${file}\n`);
  process.exitCode = 1;
}
