/**
 * Tells of all the results that jest wrote (`--json --outputFile`) together: what failed, in short - the first of it has scrolled away half an hour ago -,
 * jest's summary over all parts, and `N passed, N failed`. A file whose tests could not even start counts as one failure.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** What of jest's results is read here; jest wrote them. */
interface Results {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTests: number;
  readonly numPassedTestSuites: number;
  readonly numFailedTestSuites: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const NOTHING = { numPassedTests: 0, numPendingTests: 0, numFailedTests: 0, numPassedTestSuites: 0, numFailedTestSuites: 1 };
/** Lines of a failure: enough for what differs, and for what the end of a cluster's diagnosis says. */
const [FIRST_LINES, LAST_LINES] = [30, 30];

/** A run without results has failed, however it ended. */
function resultsIn(file: string): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } catch {
    process.stderr.write(`jest ended without results in ${file}\n`);
    process.exitCode = 1;
    return { ...NOTHING, numRuntimeErrorTestSuites: 1, testResults: [] };
  }
}

function inShort(text: string): string {
  const lines = stripVTControlCharacters(text).trim().split('\n');
  const left = lines.length - FIRST_LINES - LAST_LINES;
  const shown = left <= 0 ? lines : [...lines.slice(0, FIRST_LINES), `[${left} lines]`, ...lines.slice(-LAST_LINES)];
  return shown.map((line) => `    ${line}\n`).join('');
}

function* failuresIn({ testResults }: Results): Generator<string> {
  for (const { name, status, message, assertionResults } of testResults) {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((each) => each.status === 'failed');
    for (const { fullName, failureMessages } of failed) yield `failed: ${file}: ${fullName}\n${inShort(failureMessages.join('\n'))}`;
    if (status === 'failed' && failed.length === 0) yield `failed: ${file}\n${inShort(message)}`;
  }
}

const all = process.argv.slice(2).map(resultsIn);
const sum = (count: (results: Results) => number): number => all.reduce((total, results) => total + count(results), 0);
const counts = (numbers: Readonly<Record<string, number>>): string =>
  Object.entries(numbers)
    .flatMap(([what, count]) => (count === 0 && what !== 'passed' ? [] : [`${count} ${what}`]))
    .join(', ');

const broken = sum(({ numRuntimeErrorTestSuites }) => numRuntimeErrorTestSuites);
const [passed, skipped, failed] = [
  sum(({ numPassedTests }) => numPassedTests),
  sum(({ numPendingTests }) => numPendingTests),
  sum(({ numFailedTests }) => numFailedTests) + broken,
];
const suites = {
  failed: sum(({ numFailedTestSuites }) => numFailedTestSuites),
  passed: sum(({ numPassedTestSuites }) => numPassedTestSuites),
};
const failures = all.flatMap((results) => [...failuresIn(results)]);
if (failures.length > 0) process.stdout.write(`\n${failures.join('\n')}\n`);
process.stdout.write(`\nAll parts together\nTest Suites: ${counts({ ...suites, total: suites.failed + suites.passed })}\n`);
process.stdout.write(
  `Tests:       ${counts({ failed, skipped, passed, total: failed + skipped + passed })}\n\n${passed} passed, ${failed} failed\n`,
);
