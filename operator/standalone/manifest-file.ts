import { isDeepStrictEqual } from 'node:util';
import type { Admission, FieldError } from '../../crds/admission.ts';
import { kindOf } from '../../crds/kinds.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { admit } from '../../crds/validate.ts';
import { objectKey } from '../../translators/ir/object-key.ts';
import type { FileProblem } from './file-problem.ts';
import { pathSteps, pathText } from './file-problem.ts';
import { errorText } from './system-error.ts';
import type { Manifest, ManifestDocument } from './yaml-documents.ts';
import { syntaxText, YamlReader } from './yaml-documents.ts';
import type { PathStep } from './yaml-places.ts';

type Admitted = Admission<KubernetesObject>;

/** A document that names an object, with the object's newest good version. */
export interface Entry {
  /** `HTTPRoute default/backend`: the object's name in messages, unique among objects. */
  readonly id: string;
  /** Undefined: not one good version so far. */
  readonly object: KubernetesObject | undefined;
  /** From 1. Undefined: the file cannot be read where the document stood, or holds it no more. */
  readonly line: number | undefined;
}

/** What a file holds. */
export interface FileState {
  /** In order of the file. One id may occur twice: that is judged over all files. */
  readonly entries: readonly Entry[];
  readonly problems: readonly FileProblem[];
  /** The documents that name no object of a known kind: what they say they are -> ids of good objects that they may stand for. */
  readonly strangers: ReadonlyMap<string, ReadonlySet<string>>;
}

const NAMESPACE_DEFAULT = 'default';
const EMPTY: FileState = { entries: [], problems: [], strangers: new Map() };

/** The parts of a document that say which object it is, as far as they are there. */
interface Header {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

interface Mistake {
  readonly path: readonly PathStep[];
  readonly field?: string;
  readonly message: string;
}

type Reading =
  | { readonly entry: Entry; readonly mistakes: readonly FileProblem[] }
  | { readonly stranger: Header; readonly mistakes: readonly FileProblem[] };

const asRecord = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function headerOf(value: unknown): Header {
  const document = asRecord(value);
  const metadata = asRecord(document?.['metadata']);
  const found = {
    apiVersion: textOf(document?.['apiVersion']),
    kind: textOf(document?.['kind']),
    name: textOf(metadata?.['name']),
    namespace: textOf(metadata?.['namespace']),
  };
  return Object.fromEntries(Object.entries(found).filter(([, text]) => text !== undefined));
}

const labelOf = (header: Header): string | undefined =>
  header.kind === undefined || header.name === undefined
    ? undefined
    : [header.kind, [header.namespace, header.name].filter((part) => part !== undefined).join('/')].join(' ');

function headerMistake(value: unknown, header: Header): Mistake | undefined {
  if (asRecord(value) === undefined)
    return { path: [], message: 'this document is no object. Write apiVersion, kind and metadata, or remove the document.' };
  if (header.apiVersion === undefined)
    return { path: [], field: 'apiVersion', message: 'is missing or no text. Add it, for example gateway.networking.k8s.io/v1.' };
  if (header.kind === undefined) return { path: [], field: 'kind', message: 'is missing or no text. Add it, for example HTTPRoute.' };
  if (header.name === undefined && header.kind.endsWith('List'))
    return { path: ['items'], field: 'items', message: 'is missing or no list. Write the objects there, one item each.' };
  if (header.name === undefined)
    return { path: ['metadata'], field: 'metadata.name', message: 'is missing or no text. Give the object a name.' };
  return undefined;
}

/** Reads one file over and over and remembers the last good versions of its objects. */
export class ManifestFile {
  readonly #file: string;
  readonly #reader = new YamlReader();
  /** Verdicts by parsed document: what was not edited is not judged again. */
  readonly #verdicts = new WeakMap<object, Admitted>();
  #state: FileState = EMPTY;
  #text: string | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  get state(): FileState {
    return this.#state;
  }

  /** Whether the file said the same when it was last read. */
  says(text: string): boolean {
    return this.#text === text;
  }

  /** The file could not be read: its last good objects stay. */
  unreadable(message: string): FileState {
    this.#text = undefined;
    const entries = this.#state.entries.map((entry) => ({ ...entry, line: undefined }));
    this.#state = { ...this.#state, entries, problems: [{ file: this.#file, line: 1, message: `${message}${this.#kept()}` }] };
    return this.#state;
  }

  /** What messages say of the file's objects while it cannot be used; nothing where there is not one good object. */
  #kept(): string {
    return this.#hasGood() ? ' Until then the last good version of this file stays in use.' : '';
  }

  #hasGood(): boolean {
    return this.#state.entries.some(({ object }) => object !== undefined);
  }

  /** The file says `text` now. Where that is no YAML, all of its last good objects stay; where there are none yet, the documents that can be read count. */
  update(text: string): FileState {
    this.#text = text;
    try {
      const manifest = this.#reader.read(text);
      this.#state = manifest.problems.length > 0 ? this.#broken(manifest) : this.#parsed(manifest);
    } catch (error) {
      // Ours: it must not cost the other files.
      return this.unreadable(`cannot be taken in (${errorText(error)}). This is a bug of Gatehouse: please report it with the file.`);
    }
    return this.#state;
  }

  #broken(manifest: Manifest): FileState {
    const kept = this.#kept();
    const base = this.#hasGood()
      ? { ...this.#state, entries: placed(this.#state.entries, manifest.documents), problems: [] }
      : this.#parsed(manifest);
    const problems = manifest.problems.map((problem) => {
      const { line, value, path } = problem;
      const object = labelOf(headerOf(value));
      return {
        file: this.#file,
        line,
        ...(object === undefined ? {} : { object }),
        path: pathText(path),
        message: `${syntaxText(problem)}${kept}`,
      };
    });
    return { ...base, problems: [...problems, ...base.problems] };
  }

  #parsed(manifest: Manifest): FileState {
    const before = new Map(this.#state.entries.toReversed().map((entry) => [entry.id, entry.object]));
    const readings = manifest.documents.map((document) => this.#read(document, before));
    const entries = readings.flatMap((reading) => ('entry' in reading ? [reading.entry] : []));
    const headers = readings.flatMap((reading) => ('stranger' in reading ? [reading.stranger] : []));
    const present = new Set(entries.map(({ id }) => id));
    const vanished = this.#state.entries.filter(({ id, object }) => object !== undefined && !present.has(id));
    const strangers = standIns(headers, vanished, this.#state.strangers);
    const held = new Set([...strangers.values()].flatMap((ids) => [...ids]));
    return {
      entries: [...entries, ...vanished.filter(({ id }) => held.has(id)).map((entry) => ({ ...entry, line: undefined }))],
      problems: readings.flatMap(({ mistakes }) => mistakes),
      strangers,
    };
  }

  #read(document: ManifestDocument, before: ReadonlyMap<string, KubernetesObject | undefined>): Reading {
    const header = headerOf(document.value);
    const mistake = headerMistake(document.value, header);
    if (mistake !== undefined) return { stranger: header, mistakes: [this.#problem(document, labelOf(header), mistake)] };
    const kind = kindOf(header.apiVersion ?? '', header.kind ?? '');
    if (kind === undefined) {
      const verdict = admit(document.value);
      const mistakes = verdict.ok ? [] : verdict.errors.map((error) => this.#refusal(document, labelOf(header), error));
      return { stranger: header, mistakes };
    }
    const object = identified(document.value, kind.namespaced);
    const id = `${object.kind} ${objectKey(object)}`;
    const verdict = this.#judge(document.value, object, kind.namespaced);
    const last = before.get(id);
    if (!verdict.ok) {
      const kept = last === undefined ? '' : ' Until then its last good version stays in use.';
      const mistakes = verdict.errors.map((error) => this.#refusal(document, id, error, kept));
      return { entry: { id, object: last, line: document.line }, mistakes };
    }
    // An edit of a comment or of spacing is no change of the object.
    const unchanged = isDeepStrictEqual(last, verdict.value) ? last : verdict.value;
    return { entry: { id, object: unchanged, line: document.line }, mistakes: [] };
  }

  #judge(value: unknown, object: KubernetesObject, namespaced: boolean): Admitted {
    const known = typeof value === 'object' && value !== null ? this.#verdicts.get(value) : undefined;
    if (known !== undefined) return known;
    const misplaced = !namespaced && headerOf(value).namespace !== undefined;
    const verdict: Admitted = misplaced
      ? { ok: false, errors: [{ path: 'metadata.namespace', message: `a ${object.kind} has no namespace; remove this field` }] }
      : admit(object);
    if (typeof value === 'object' && value !== null) this.#verdicts.set(value, verdict);
    return verdict;
  }

  #refusal(document: ManifestDocument, object: string | undefined, error: FieldError, kept = ''): FileProblem {
    const message = `${/[.?!]$/.test(error.message) ? error.message : `${error.message}.`}${kept}`;
    return this.#problem(document, object, { path: pathSteps(error.path), field: error.path, message });
  }

  #problem(document: ManifestDocument, object: string | undefined, mistake: Mistake): FileProblem {
    return {
      file: this.#file,
      line: document.lineOf(mistake.path),
      ...(object === undefined ? {} : { object }),
      ...(mistake.field === undefined ? {} : { path: mistake.field }),
      message: mistake.message,
    };
  }
}

/** The entries with the lines on which their documents stand now, as far as these can be read. */
function placed(entries: readonly Entry[], documents: readonly ManifestDocument[]): readonly Entry[] {
  const lines = new Map<string | undefined, number[]>();
  for (const { value, line } of documents) {
    const id = idOf(value);
    lines.set(id, [...(lines.get(id) ?? []), line]);
  }
  return entries.map((entry) => ({ ...entry, line: lines.get(entry.id)?.shift() }));
}

/** The id that an entry of this document would have; undefined: it names no object of a known kind. */
function idOf(value: unknown): string | undefined {
  const header = headerOf(value);
  const kind = kindOf(header.apiVersion ?? '', header.kind ?? '');
  if (kind === undefined || headerMistake(value, header) !== undefined) return undefined;
  const object = identified(value, kind.namespaced);
  return `${object.kind} ${objectKey(object)}`;
}

/** The object with its namespace filled in (or left out), its header known to be there. */
function identified(value: unknown, namespaced: boolean): KubernetesObject {
  const object = value as KubernetesObject; // headerMistake has seen apiVersion, kind and metadata.name
  const { namespace, ...metadata } = object.metadata;
  return { ...object, metadata: namespaced ? { ...metadata, namespace: namespace || NAMESPACE_DEFAULT } : metadata };
}

/** Whether a document that names no object may be a misspelt version of the object `id`: what it does say agrees with it. */
function mayBe(header: Header, id: string): boolean {
  const [, key = ''] = id.split(' ');
  const name = key.split('/').at(-1);
  if (header.name !== undefined) return header.name === name;
  // A list whose items cannot be found may have held anything.
  return header.kind === undefined || header.kind.endsWith('List') || id.startsWith(`${header.kind} `);
}

/**
 * A misspelt kind or a lost name must not delete the object that was there: documents that came in the same edit in which objects vanished
 * stand for these. A document that was there before (a Deployment among routes, say) explains nothing and holds nothing.
 */
function standIns(
  headers: readonly Header[],
  vanished: readonly Entry[],
  before: FileState['strangers'],
): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    headers.map((header) => {
      const name = JSON.stringify(header);
      const known = before.get(name);
      const held = vanished.filter(({ id }) => (known === undefined ? mayBe(header, id) : known.has(id)));
      return [name, new Set(held.map(({ id }) => id))];
    }),
  );
}
