import type { CST, Document, YAMLParseError } from 'yaml';
import { Composer, isMap, isScalar, Lexer, LineCounter, Parser } from 'yaml';
import { errorText } from './system-error.ts';
import { aliasFault } from './yaml-aliases.ts';
import { TOO_DEEP, tooDeepAt } from './yaml-depth.ts';
import type { PathStep } from './yaml-places.ts';
import { offsetOf, pathAt } from './yaml-places.ts';

/** One object of a file: a YAML document, or an item of a `List` document. */
export interface ManifestDocument {
  readonly value: unknown;
  /** Line of the file where it starts, from 1. */
  readonly line: number;
  /** Line of the field at `path`, or of what comes nearest above it where there is no such field. */
  lineOf(path: readonly PathStep[]): number;
}

/** A place where the text is no YAML (or JSON, which is YAML too). */
export interface SyntaxProblem {
  readonly line: number;
  /** A sentence. */
  readonly message: string;
  /** Default: to correct the line. */
  readonly cure?: string;
  /** What could be read of the document, where anything could. */
  readonly value?: unknown;
  /** The field in which it is, as far as it can be told. */
  readonly path: readonly PathStep[];
}

interface Chunk {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly SyntaxProblem[];
}

/** Merge keys (`<<`) are no more part of YAML 1.2, and kubectl takes them all the same. */
const OPTIONS = { prettyErrors: false, stringKeys: true, merge: true } as const;

/** Of a file: some 10,000 routes as kubectl writes them. Many more could end the process for want of memory, and with it all that is served. */
const MOST_TOKENS = 5_000_000;
const TOO_LARGE: SyntaxProblem = {
  line: 1,
  message: `it has more than ${MOST_TOKENS.toLocaleString('en')} names, values and signs, which is the limit.`,
  cure: 'Make several files of it.',
  path: [],
};

type ParsedDocument = Pick<Document.Parsed, 'contents'>;

/** `---` at the start of a line separates documents wherever it stands, even inside of block text (YAML 1.2, 9.1.4). */
const SEPARATOR = /^---(?=\s|$)/;
const DIRECTIVE = /^%/m;

/** The text cut before each separator, with the line on which each piece starts (from 0). */
function split(text: string): readonly { readonly text: string; readonly firstLine: number }[] {
  // A directive belongs to the document after the next separator: such rare files are taken in one piece.
  if (DIRECTIVE.test(text)) return [{ text, firstLine: 0 }];
  const pieces: { text: string; firstLine: number }[] = [];
  let start = 0;
  const lines = text.split('\n');
  for (let i = 1; i <= lines.length; i += 1) {
    if (i < lines.length && !SEPARATOR.test(lines[i] ?? '')) continue;
    pieces.push({ text: lines.slice(start, i).join('\n'), firstLine: start });
    start = i;
  }
  return pieces;
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

/** What the items of a list are where they do not say so themselves. */
function itemType(kind: string, apiVersion: unknown): Readonly<Record<string, unknown>> {
  return kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
}

/** `kubectl get -o yaml` writes several objects as one `List`; the API server's own lists (`HTTPRouteList`) name the kind once, for all items. */
function unpackList(document: ManifestDocument): readonly ManifestDocument[] {
  const { kind, apiVersion, items } = asObject(document.value);
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [document];
  const type = itemType(kind, apiVersion);
  return items.flatMap((item: unknown, index) =>
    unpackList({
      value: kind === 'List' || Object.keys(asObject(item)).length === 0 ? item : { ...type, ...asObject(item) },
      line: document.lineOf(['items', index]),
      lineOf: (path) => document.lineOf(['items', index, ...path]),
    }),
  );
}

const sentence = (text: string): string => text.replace(/\.?$/, '.');

/** What an error of the parser says, in words of Kubernetes where its own are of the parser's options. */
const messageOf = ({ code, message }: YAMLParseError): string =>
  code === 'NON_STRING_KEY' ? 'a key is a list or a map, where Kubernetes takes texts only.' : sentence(message);

function describeError({ contents }: ParsedDocument, error: YAMLParseError): Omit<SyntaxProblem, 'line'> {
  const message = messageOf(error);
  if (!isMap(contents)) return { message, path: [] };
  const metadata = { name: contents.getIn(['metadata', 'name']), namespace: contents.getIn(['metadata', 'namespace']) };
  const value = { apiVersion: contents.get('apiVersion'), kind: contents.get('kind'), metadata };
  return { message, value, path: pathAt(contents, error.pos[0]) };
}

/** One document of a chunk; `lineAt` gives the line of an offset. */
function readDocument(document: Document.Parsed, lineAt: (offset: number) => number): Chunk {
  // The first error of a document brings the others about.
  const [error] = document.errors;
  if (error !== undefined) return { documents: [], problems: [{ line: lineAt(error.pos[0]), ...describeError(document, error) }] };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { documents: [], problems: [] };
  const fault = aliasFault(contents);
  if (fault !== undefined) return { documents: [], problems: [{ line: lineAt(fault.offset), message: fault.message, path: [] }] };
  try {
    const value: unknown = document.toJS();
    const lineOf = (path: readonly PathStep[]): number => lineAt(offsetOf(contents, path));
    return { documents: unpackList({ value, line: lineOf([]), lineOf }), problems: [] };
  } catch (thrown) {
    // Aliases without an anchor, and those that would expand beyond all measure.
    return { documents: [], problems: [{ line: lineAt(contents.range[0]), message: sentence(errorText(thrown)), path: [] }] };
  }
}

/** The documents of a text as tokens of the parser, and of how many lexical ones they are made; undefined where these are more than `most`. */
function tokensOf(
  text: string,
  lines: LineCounter,
  most: number,
): { readonly tokens: readonly CST.Token[]; readonly size: number } | undefined {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let size = 0;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    size += 1;
    if (size > most) return undefined;
    tokens.push(...parser.next(lexeme));
  }
  tokens.push(...parser.end());
  return { tokens, size };
}

interface ParsedChunk extends Chunk {
  /** What it takes of `MOST_TOKENS`. */
  readonly size: number;
}

function parseChunk(text: string, most: number): ParsedChunk {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const found = tokensOf(text, lines, most);
  if (found === undefined) return { documents: [], problems: [TOO_LARGE], size: most };
  const { tokens, size } = found;
  const deep = tooDeepAt(tokens);
  if (deep !== undefined) return { documents: [], problems: [{ line: lineAt(deep), message: TOO_DEEP, path: [] }], size };
  const read = [...new Composer(OPTIONS).compose(tokens)].map((document) => readDocument(document, lineAt));
  return { documents: read.flatMap(({ documents }) => documents), problems: read.flatMap(({ problems }) => problems), size };
}

const moveDown = (document: ManifestDocument, by: number): ManifestDocument => ({
  value: document.value,
  line: document.line + by,
  lineOf: (path) => document.lineOf(path) + by,
});

/** A problem for people, with its cure. */
export const syntaxText = ({ message, cure = 'Correct this line.' }: SyntaxProblem): string => `not valid YAML: ${message} ${cure}`;

/** What a text says; `problems` are in order of lines and empty where all of it is YAML. */
export type Manifest = Chunk;

/**
 * Reads files of YAML documents again and again. A document whose text has not changed since the last reading of the same file is not parsed
 * again and gives the very same `value`, so that a save costs what was edited.
 */
export class YamlReader {
  readonly #most: number;
  #known = new Map<string, ParsedChunk>();

  /** @param most how many tokens a file may have */
  constructor(most = MOST_TOKENS) {
    this.#most = most;
  }

  read(text: string): Manifest {
    const known = this.#known;
    this.#known = new Map();
    const documents: ManifestDocument[] = [];
    const problems: SyntaxProblem[] = [];
    let left = this.#most;
    // The parser knows \r\n within a text, but not the \r that is left where the text is cut.
    for (const piece of split(text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n'))) {
      const chunk = known.get(piece.text) ?? parseChunk(piece.text, left);
      left -= chunk.size;
      this.#known.set(piece.text, chunk);
      documents.push(...chunk.documents.map((document) => moveDown(document, piece.firstLine)));
      problems.push(...chunk.problems.map((problem) => ({ ...problem, line: problem.line + piece.firstLine })));
      if (left <= 0) break;
    }
    return { documents, problems };
  }
}
