import type { Document, YAMLParseError } from 'yaml';
import { Composer, isMap, isScalar, LineCounter, Parser } from 'yaml';
import { errorText } from './system-error.ts';
import { DEEPEST, tooDeepAt } from './yaml-depth.ts';
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
  readonly message: string;
  /** What could be read of the document, where anything could. */
  readonly value?: unknown;
  /** The field in which it is, as far as it can be told. */
  readonly path: readonly PathStep[];
}

interface Chunk {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly SyntaxProblem[];
}

const TOO_DEEP = `lists and maps are nested more than ${DEEPEST} levels deep, which is the limit.`;

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

/** `kubectl get -o yaml` writes several objects as one `List`. */
function unpackList(document: ManifestDocument): readonly ManifestDocument[] {
  const { kind, apiVersion, items } = asObject(document.value);
  if (kind !== 'List' || apiVersion !== 'v1' || !Array.isArray(items)) return [document];
  return items.map((value: unknown, index) => ({
    value,
    line: document.lineOf(['items', index]),
    lineOf: (path) => document.lineOf(['items', index, ...path]),
  }));
}

function describeError({ contents }: ParsedDocument, error: YAMLParseError): Omit<SyntaxProblem, 'line'> {
  const { message } = error;
  if (!isMap(contents)) return { message, path: [] };
  const metadata = { name: contents.getIn(['metadata', 'name']), namespace: contents.getIn(['metadata', 'namespace']) };
  const value = { apiVersion: contents.get('apiVersion'), kind: contents.get('kind'), metadata };
  return { message, value, path: pathAt(contents, error.pos[0]) };
}

function parseChunk(text: string): Chunk {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tooDeepAt(tokens);
  if (deep !== undefined) return { documents: [], problems: [{ line: lineAt(deep), message: TOO_DEEP, path: [] }] };
  const parsed = new Composer({ prettyErrors: false }).compose(tokens);
  const documents: ManifestDocument[] = [];
  const problems: SyntaxProblem[] = [];
  for (const document of parsed) {
    // The first error of a document brings the others about.
    for (const error of document.errors.slice(0, 1)) problems.push({ line: lineAt(error.pos[0]), ...describeError(document, error) });
    const { contents } = document;
    if (document.errors.length > 0 || contents === null || (isScalar(contents) && contents.value === null)) continue;
    try {
      const value: unknown = document.toJS();
      const lineOf = (path: readonly PathStep[]): number => lineAt(offsetOf(contents, path));
      documents.push(...unpackList({ value, line: lineOf([]), lineOf }));
    } catch (error) {
      // Aliases without an anchor, and those that would expand without end.
      problems.push({ line: lineAt(contents.range[0]), message: errorText(error), path: [] });
    }
  }
  return { documents, problems };
}

const moveDown = (document: ManifestDocument, by: number): ManifestDocument => ({
  value: document.value,
  line: document.line + by,
  lineOf: (path) => document.lineOf(path) + by,
});

/** What a text says; `problems` are in order of lines and empty where all of it is YAML. */
export type Manifest = Chunk;

/**
 * Reads files of YAML documents again and again. A document whose text has not changed since the last reading of the same file is not parsed
 * again and gives the very same `value`, so that a save costs what was edited.
 */
export class YamlReader {
  #known = new Map<string, Chunk>();

  read(text: string): Manifest {
    const known = this.#known;
    this.#known = new Map();
    const documents: ManifestDocument[] = [];
    const problems: SyntaxProblem[] = [];
    for (const piece of split(text.replace(/^\uFEFF/, ''))) {
      const chunk = known.get(piece.text) ?? parseChunk(piece.text);
      this.#known.set(piece.text, chunk);
      documents.push(...chunk.documents.map((document) => moveDown(document, piece.firstLine)));
      problems.push(...chunk.problems.map((problem) => ({ ...problem, line: problem.line + piece.firstLine })));
    }
    return { documents, problems };
  }
}
