import { parseReport, type Results } from './published-report.ts';
import type { SuiteOutcome } from './suite-run.ts';

/** What a person wants to know of a run: a line for each profile, then the tests that failed, with the first of what they say. */
export function tableOf({ tests, report, log, seconds }: SuiteOutcome): string {
  const of = (outcome: string) => tests.filter((test) => test.outcome === outcome);
  const failed = of('failed');
  const profiles = report === undefined ? [] : profileLines(report);
  const total = `${of('passed').length} passed, ${failed.length} failed, ${of('skipped').length} skipped in ${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const failures = failed.flatMap(({ name, seconds: took, errors }) => [
    `  ${name} (${took} s)`,
    ...errors.slice(0, 3).map((error) => `      ${error}`),
  ]);
  const all = [...profiles, total, ...(failed.length > 0 ? ['failed:', ...failures] : []), `The suite's own log: ${log}`];
  return `${all.join('\n')}\n`;
}

function profileLines(report: string): readonly string[] {
  const rows = parseReport(report)
    .profiles.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, core, extended }) => [name, ...countsOf(core), ...countsOf(extended)]);
  const head = ['profile', 'core passed', 'failed', 'skipped', 'extended passed', 'failed', 'skipped'];
  return [head, ...rows].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(13) : String(cell).padStart(head[i]?.length ?? 0))).join('  '),
  );
}

const countsOf = (results: Results | undefined): readonly string[] => {
  const { Passed, Failed, Skipped } = results?.statistics ?? { Passed: 0, Failed: 0, Skipped: 0 };
  return [Passed, Failed, Skipped].map(String);
};
