import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Where reports are committed. */
export const REPORTS = join(import.meta.dirname, 'reports');

/** What of an official ConformanceReport is read here. */
export interface ConformanceReport {
  readonly mode: string;
  readonly gatewayAPIVersion: string;
  readonly gatewayAPIChannel: string;
  readonly implementation: { readonly version: string };
  readonly profiles: readonly Profile[];
}

export interface Profile {
  readonly name: string;
  readonly core: Results;
  readonly extended?: Results & { readonly supportedFeatures?: readonly string[]; readonly unsupportedFeatures?: readonly string[] };
}

export interface Results {
  readonly result: string;
  readonly statistics: { readonly Passed: number; readonly Failed: number; readonly Skipped: number };
  readonly failedTests?: readonly string[];
  readonly skippedTests?: readonly string[];
}

export const parseReport = (text: string): ConformanceReport => parse(text) as ConformanceReport; // written by the suite

/** Where upstream wants a report to lie: conformance/reports/README.md of its repository. */
export function reportPath({ gatewayAPIVersion, gatewayAPIChannel, implementation, mode }: ConformanceReport): string {
  const minor = gatewayAPIVersion.split('.').slice(0, 2).join('.');
  return join(minor, 'gatehouse', `${gatewayAPIChannel}-v${implementation.version}-${mode}-report.yaml`);
}

/** Puts a report, as the suite wrote it, among those that are committed; gives its path. */
export async function publishReport(text: string): Promise<string> {
  const file = join(REPORTS, reportPath(parseReport(text)));
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  return file;
}
