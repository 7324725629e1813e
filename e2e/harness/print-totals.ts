/** Prints `N passed, N failed` of all the results that jest wrote (`--json --outputFile`). A file whose tests could not even start counts as one failure. */
import { readFileSync } from 'node:fs';

/** What of jest's results is read here; jest wrote them. */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** A run without results has failed, however it ended. */
function resultsIn(file: string): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } catch {
    process.stderr.write(`jest ended without results in ${file}\n`);
    process.exitCode = 1;
    return { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  }
}

const all = process.argv.slice(2).map(resultsIn);
const sum = (count: (results: Results) => number): number => all.reduce((total, results) => total + count(results), 0);
const failed = sum(({ numFailedTests, numRuntimeErrorTestSuites }) => numFailedTests + numRuntimeErrorTestSuites);
process.stdout.write(`${sum(({ numPassedTests }) => numPassedTests)} passed, ${failed} failed\n`);
