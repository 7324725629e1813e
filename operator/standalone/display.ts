import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** How to write to somebody: a person at a terminal gets tables and colour, a pipe gets one complete line a fact. */
export interface Display {
  readonly terminal: boolean;
  readonly colors: Colors;
  readonly print: (line: string) => void;
}

/** The part of a stream that decides; `process.stdout` is one. */
export interface DisplayStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Colour on terminals, unless NO_COLOR is set to anything (no-color.org) or the terminal is dumb. */
export function wantsColor(stream: DisplayStream, environment: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}

export function displayOn(stream: DisplayStream, environment: Readonly<Record<string, string | undefined>>): Display {
  return {
    terminal: stream.isTTY === true,
    colors: pc.createColors(wantsColor(stream, environment)),
    print: (line) => stream.write(`${line}\n`),
  };
}

/** A fact in columns: its label, and under which name it goes in a plain line. */
export interface Column {
  readonly name: string;
  readonly title: string;
}

/** What would move the cursor, colour the screen, begin a line or turn the direction of text round. */
const INVISIBLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text from objects or files as it can be shown in a line: what a terminal or a reader of lines would act on is written as `\u001b`. */
export const visible = (text: string): string =>
  text.replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Bare where it can be, else in quotes, so that a line can be taken apart at its blanks. */
const quoted = (value: string): string => (/^[^\s"=]+$/.test(value) ? value : JSON.stringify(value));

/** `label name=value name="v a l u e"`; empty values are left out. */
export function plainLine(label: string, fields: Readonly<Record<string, string>>): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== '');
  return visible([label, ...shown.map(([name, value]) => `${name}=${quoted(value)}`)].join(' '));
}

/** Lines of a table with a title row; columns that are empty in all rows are left out. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly Readonly<Record<string, string>>[],
  colors: Colors,
): readonly string[] {
  const cell = (row: Readonly<Record<string, string>>, name: string): string => visible(row[name] ?? '');
  const used = columns.filter(({ name }) => rows.some((row) => (row[name] ?? '') !== ''));
  const widths = used.map(({ name, title }) => Math.max(title.length, ...rows.map((row) => cell(row, name).length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [colors.dim(line(used.map(({ title }) => title))), ...rows.map((row) => line(used.map(({ name }) => cell(row, name))))];
}
