import { stringify } from 'yaml';
import { type Finding, SEVERITIES, subjectText } from '../operator/migration/finding.ts';
import type { Colors, Display } from '../operator/standalone/display.ts';
import { plainLine, tableLines } from '../operator/standalone/display.ts';

const COLUMNS = [
  { name: 'severity', title: '' },
  { name: 'code', title: 'CODE' },
  { name: 'object', title: 'OBJECT' },
  { name: 'field', title: 'FIELD' },
] as const;

const WIDEST = 60;
const shortened = (text: string, most = WIDEST): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export const countsOf = (findings: readonly Finding[]): Readonly<Record<string, number>> =>
  Object.fromEntries(SEVERITIES.map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length]));

/** For scripts: `counts` by severity, and all findings. */
export function structured(findings: readonly Finding[], format: 'json' | 'yaml'): string {
  const report = { counts: countsOf(findings), findings };
  return format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : stringify(report, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** A table on a terminal, with what there is to say below it; elsewhere one whole line a finding. */
export function showFindings(findings: readonly Finding[], display: Display): void {
  if (!display.terminal) {
    for (const { severity, code, object, field = '', message, cure = '' } of findings) {
      display.print(plainLine(severity, { code, object: subjectText(object), field, message, cure }));
    }
    return;
  }
  const rows = findings.map(({ severity, code, object, field = '' }) => ({
    severity,
    code,
    object: subjectText(object),
    field: shortened(field),
  }));
  const [title = '', ...lines] = tableLines(COLUMNS, rows, display.colors);
  display.print(title);
  for (const line of [...lines, ...explanations(findings)]) display.print(painted(line, display.colors));
  const counts = countsOf(findings);
  display.print(`\n${SEVERITIES.map((severity) => `${severity} ${counts[severity]}`).join(', ')}`);
}

/** With its severity, where it begins with one, in the colour of that. */
const painted = (line: string, { red, yellow, green }: Colors): string =>
  line.replace(/^(\n?)(stops|differs|works)(?= )/, (_, before: string, severity: string) => {
    const paint = severity === 'stops' ? red : severity === 'differs' ? yellow : green;
    return before + paint(severity);
  });

/** What is said of several objects in the same words is said once. */
function explanations(findings: readonly Finding[]): readonly string[] {
  const told = findings.filter(({ severity }) => severity !== 'works');
  const groups = Map.groupBy(told, ({ severity, code, message, cure = '' }) => `${severity} ${code}|${message}|${cure}`);
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const objects = [first, ...others].map(({ object }) => subjectText(object));
    const head = `\n${first.severity}  ${first.code}: ${[...new Set(objects)].join(', ')}`;
    const lines = [
      head,
      ...(first.field === undefined || others.length > 0 ? [] : [`  ${shortened(first.field, 300)}`]),
      `  ${first.message}`,
    ];
    return first.cure === undefined ? lines : [...lines, `  -> ${first.cure}`];
  });
}
