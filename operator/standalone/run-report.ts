import { objectKey } from '../../translators/ir/object-key.ts';
import type { ServedRoute } from '../served-routes.ts';
import type { Display } from './display.ts';
import { plainLine, tableLines } from './display.ts';
import type { FileProblem } from './file-problem.ts';
import { problemText, shortPath } from './file-problem.ts';
import type { FileChange } from './file-provider.ts';

const COLUMNS = [
  { name: 'gateway', title: 'GATEWAY' },
  { name: 'port', title: 'PORT' },
  { name: 'protocol', title: 'PROTOCOL' },
  { name: 'host', title: 'HOST' },
  { name: 'match', title: 'MATCH' },
  { name: 'route', title: 'ROUTE' },
  { name: 'backends', title: 'BACKENDS' },
];

/** More than this would push everything else off the screen. */
const MAX_ROWS = 40;

const cellsOf = (row: ServedRoute): Readonly<Record<string, string>> => ({
  gateway: row.fleet,
  port: row.port === row.bindPort ? String(row.port) : `${row.bindPort} (for ${row.port})`,
  protocol: row.protocol,
  host: row.hostname,
  match: row.match,
  route: row.route,
  backends: row.backends,
});

/** What is served where. */
export function servedLines(rows: readonly ServedRoute[], { terminal, colors }: Display): readonly string[] {
  const shown = rows.slice(0, MAX_ROWS).map(cellsOf);
  const more = rows.length > shown.length ? [`... and ${rows.length - shown.length} more`] : [];
  if (shown.length === 0) return [];
  return [...(terminal ? tableLines(COLUMNS, shown, colors) : shown.map((cells) => plainLine('served', cells))), ...more];
}

/** By what is asked first, the easiest first. */
const ASKED = ['HTTP', 'HTTPS', 'TLS', 'TCP', 'UDP'];

/** A request that should be answered, to be tried at once; undefined where there is nothing to ask. */
export function exampleRequest(rows: readonly ServedRoute[]): string | undefined {
  const row = ASKED.map((protocol) => rows.find((each) => each.protocol === protocol)).find((found) => found !== undefined);
  if (row === undefined) return undefined;
  if (row.protocol === 'TCP') return `nc localhost ${row.bindPort}`;
  if (row.protocol === 'UDP') return `nc -u localhost ${row.bindPort}`;
  const host = row.hostname.replace(/^\*\./, 'any.');
  if (row.protocol === 'TLS') return `openssl s_client -connect localhost:${row.bindPort} -servername ${host}`;
  const isTls = row.protocol === 'HTTPS';
  const path = /(?:^|\s)=?(\/[^\s*]*)/.exec(row.match)?.[1] ?? '/';
  const url = `${isTls ? 'https' : 'http'}://localhost:${row.bindPort}${path}`;
  if (isTls && host !== '*') return `curl --insecure --connect-to ::localhost:${row.bindPort} https://${host}:${row.port}${path}`;
  return host === '*' ? `curl ${isTls ? '--insecure ' : ''}${url}` : `curl --header "Host: ${host}" ${url}`;
}

export function errorLines(problems: readonly FileProblem[], { terminal, colors }: Display, directory: string): readonly string[] {
  const label = terminal ? colors.red('error') : 'error';
  return problems.map((problem) => `${label}: ${problemText(problem, directory)}`);
}

export function mendedLines(problems: readonly FileProblem[], { terminal, colors }: Display, directory: string): readonly string[] {
  const label = terminal ? colors.green('mended') : 'mended';
  return problems.map(
    ({ file, object, path }) => `${label}: ${[shortPath(file, directory), object, path].filter((part) => part).join(': ')}`,
  );
}

const NAMED = 3;

function named(ids: readonly string[]): string {
  const shown = ids.slice(0, NAMED).join(', ');
  return ids.length > NAMED ? `${shown} and ${ids.length - NAMED} more` : shown;
}

/** One line of what an edit did to the objects; undefined where it did nothing to them. */
export function changeLine(change: Pick<FileChange, 'puts' | 'removes'>, isKnown: (id: string) => boolean): string | undefined {
  const ids = change.puts.map((object) => `${object.kind} ${objectKey(object)}`);
  const parts = [
    ['added', ids.filter((id) => !isKnown(id))] as const,
    ['changed', ids.filter(isKnown)] as const,
    ['removed', change.removes.map(({ kind, key }) => `${kind} ${key}`)] as const,
  ];
  const said = parts.filter(([, of]) => of.length > 0).map(([what, of]) => `${what} ${named(of)}`);
  return said.length === 0 ? undefined : said.join('; ');
}
