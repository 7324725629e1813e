import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../../translators/ir/object-key.ts';
import type { FileProblem } from './file-problem.ts';
import { pathSteps } from './file-problem.ts';
import type { Manifest, ManifestDocument, PathStep } from './yaml-documents.ts';
import { YamlReader } from './yaml-documents.ts';

/** Checks and defaults objects; `crds/` does it, see admission.ts. */
export interface Admission {
  /** Undefined: a kind that is not known. */
  scopeOf(apiVersion: string, kind: string): 'Namespaced' | 'Cluster' | undefined;
  /** Defaults a copy; the argument stays as it is. */
  admit(object: KubernetesObject): Admitted;
}

export type Admitted =
  | { readonly ok: true; readonly value: KubernetesObject }
  | { readonly ok: false; readonly errors: readonly { readonly path: string; readonly message: string }[] };

/** A document that names an object, with the object's newest good version. */
export interface Entry {
  /** `HTTPRoute default/backend`: the object's name in messages, unique among objects. */
  readonly id: string;
  /** Undefined: not one good version so far. */
  readonly object: KubernetesObject | undefined;
  readonly line: number;
}

/** What a file holds. */
export interface FileState {
  /** In order of the file. One id may occur twice: that is judged over all files. */
  readonly entries: readonly Entry[];
  readonly problems: readonly FileProblem[];
  /** The documents that name no object of a known kind: what they say they are -> ids of good objects that they may stand for. */
  readonly strangers: ReadonlyMap<string, ReadonlySet<string>>;
}

export const NAMESPACE_DEFAULT = 'default';
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
  if (header.name === undefined)
    return { path: ['metadata'], field: 'metadata.name', message: 'is missing or no text. Give the object a name.' };
  return undefined;
}

/** Reads one file over and over and remembers the last good versions of its objects. */
export class ManifestFile {
  readonly #file: string;
  readonly #admission: Admission;
  readonly #reader = new YamlReader();
  /** Verdicts by parsed document: what was not edited is not judged again. */
  readonly #verdicts = new WeakMap<object, Admitted>();
  #state: FileState = EMPTY;
  #text: string | undefined;

  constructor(file: string, admission: Admission) {
    this.#file = file;
    this.#admission = admission;
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
    this.#state = { ...this.#state, problems: [{ file: this.#file, line: 1, message }] };
    return this.#state;
  }

  /** The file says `text` now. Where that is no YAML, all of its last good objects stay. */
  update(text: string): FileState {
    this.#text = text;
    const manifest = this.#reader.read(text);
    this.#state = manifest.problems.length > 0 ? this.#broken(manifest) : this.#parsed(manifest);
    return this.#state;
  }

  #broken(manifest: Manifest): FileState {
    const kept = this.#state.entries.length > 0 ? ' Until then the last good version of this file stays in use.' : '';
    const problems = manifest.problems.map(({ line, message }) => ({
      file: this.#file,
      line,
      message: `not valid YAML: ${message.replace(/\.?$/, '.')} Correct this line.${kept}`,
    }));
    return { ...this.#state, problems };
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
      entries: [...entries, ...vanished.filter(({ id }) => held.has(id))],
      problems: readings.flatMap(({ mistakes }) => mistakes),
      strangers,
    };
  }

  #read(document: ManifestDocument, before: ReadonlyMap<string, KubernetesObject | undefined>): Reading {
    const header = headerOf(document.value);
    const mistake = headerMistake(document.value, header);
    if (mistake !== undefined) return { stranger: header, mistakes: [this.#problem(document, labelOf(header), mistake)] };
    const scope = this.#admission.scopeOf(header.apiVersion ?? '', header.kind ?? '');
    if (scope === undefined) {
      const message = `kind ${header.kind} of ${header.apiVersion} is not known. Check both for typing errors, or remove the object.`;
      return { stranger: header, mistakes: [this.#problem(document, labelOf(header), { path: ['kind'], message })] };
    }
    const object = identified(document.value, scope);
    const id = `${object.kind} ${objectKey(object)}`;
    const verdict = this.#judge(document.value, object, scope);
    const last = before.get(id);
    if (!verdict.ok) {
      const mistakes = verdict.errors.map(({ path, message }) =>
        this.#problem(document, id, { path: pathSteps(path), field: path, message: withKept(message, last !== undefined) }),
      );
      return { entry: { id, object: last, line: document.line }, mistakes };
    }
    // An edit of a comment or of spacing is no change of the object.
    const unchanged = isDeepStrictEqual(last, verdict.value) ? last : verdict.value;
    return { entry: { id, object: unchanged, line: document.line }, mistakes: [] };
  }

  #judge(value: unknown, object: KubernetesObject, scope: 'Namespaced' | 'Cluster'): Admitted {
    const known = typeof value === 'object' && value !== null ? this.#verdicts.get(value) : undefined;
    if (known !== undefined) return known;
    const misplaced = scope === 'Cluster' && headerOf(value).namespace !== undefined;
    const verdict: Admitted = misplaced
      ? { ok: false, errors: [{ path: 'metadata.namespace', message: `a ${object.kind} has no namespace. Remove this field.` }] }
      : this.#admission.admit(object);
    if (typeof value === 'object' && value !== null) this.#verdicts.set(value, verdict);
    return verdict;
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

const withKept = (message: string, kept: boolean): string => {
  const sentence = message.replace(/\.?$/, '.');
  return kept ? `${sentence} Until then its last good version stays in use.` : sentence;
};

/** The object with its namespace filled in (or left out), its header known to be there. */
function identified(value: unknown, scope: 'Namespaced' | 'Cluster'): KubernetesObject {
  const object = value as KubernetesObject; // headerMistake has seen apiVersion, kind and metadata.name
  const { namespace, ...metadata } = object.metadata;
  return { ...object, metadata: scope === 'Cluster' ? metadata : { ...metadata, namespace: namespace || NAMESPACE_DEFAULT } };
}

/** Whether a document that names no object may be a misspelt version of the object `id`: what it does say agrees with it. */
function mayBe(header: Header, id: string): boolean {
  const [, key = ''] = id.split(' ');
  const name = key.split('/').at(-1);
  return header.name === undefined ? header.kind === undefined || id.startsWith(`${header.kind} `) : header.name === name;
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
