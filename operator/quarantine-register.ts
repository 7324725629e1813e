import type { Source } from '../translators/graph/collection.ts';
import type { QuarantinedFragment } from '../translators/inputs.ts';
import type { QuarantineChange } from '../xds/quarantine.ts';
import type { Fragment } from '../xds/resource.ts';

/** What one Envoy version said of a fragment. */
export interface QuarantineVerdict {
  readonly hash: string;
  readonly envoyVersion: string;
  readonly message: string;
  /** It is but suspect yet; see `QuarantineChange`. */
  readonly formers?: readonly Fragment[];
  readonly exact?: true;
}

/**
 * Brings the xDS servers' verdicts into the graph. A fragment is judged by each Envoy version; the proxies of a fleet share one table, so
 * it stays replaced as long as one version refuses it at one of the replicas.
 */
export class QuarantineRegister {
  readonly #source: Source<QuarantinedFragment>;
  readonly #own: string;
  /** By hash, then by who judged. */
  readonly #verdicts = new Map<string, Map<string, QuarantineVerdict>>();
  /** The same by replica. */
  readonly #replicas = new Map<string, Map<string, QuarantineVerdict>>();

  /** `own` is the name of this process among the replicas. */
  constructor(source: Source<QuarantinedFragment>, own = '') {
    this.#source = source;
    this.#own = own;
  }

  /** This process's own verdicts. */
  apply(changes: readonly QuarantineChange[]): void {
    for (const { quarantined, ...verdict } of changes) this.#judge(this.#own, verdict, quarantined);
  }

  /** All verdicts of another replica, in place of those that it gave before. */
  replace(replica: string, verdicts: readonly QuarantineVerdict[]): void {
    const kept = new Set(verdicts.map(idOf));
    for (const [id, verdict] of [...(this.#replicas.get(replica) ?? [])]) if (!kept.has(id)) this.#judge(replica, verdict, false);
    for (const verdict of verdicts) this.#judge(replica, verdict, true);
  }

  /** What this process found out itself. Of suspects nothing is found out yet. */
  own(): readonly QuarantineVerdict[] {
    return [...(this.#replicas.get(this.#own)?.values() ?? [])].filter(isConvicted);
  }

  #judge(replica: string, verdict: QuarantineVerdict, quarantined: boolean): void {
    const judge = `${verdict.envoyVersion}\n${replica}`;
    update(this.#verdicts, [verdict.hash, judge], quarantined ? verdict : undefined);
    update(this.#replicas, [replica, idOf(verdict)], quarantined ? verdict : undefined);
    const verdicts = [...(this.#verdicts.get(verdict.hash) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, said]) => said);
    // Guilty for one is guilty, whatever others are still looking for.
    this.#source.put(verdict.hash, fragmentOf(verdicts.find(isConvicted) ?? verdicts.find(({ exact }) => exact !== true) ?? verdicts[0]));
  }
}

/** Or a suspect whose stand-in closes as much as that of a convicted one. */
const isConvicted = ({ formers, exact }: QuarantineVerdict): boolean => formers === undefined && exact !== true;

const fragmentOf = (verdict: QuarantineVerdict | undefined): QuarantinedFragment | undefined => {
  if (verdict === undefined) return undefined;
  const { hash: _, ...fragment } = verdict;
  return fragment;
};

const idOf = ({ hash, envoyVersion }: QuarantineVerdict): string => `${envoyVersion} ${hash}`;

/** Undefined takes the entry away, and an inner map that is empty then. */
function update<T>(map: Map<string, Map<string, T>>, [outer, inner]: readonly [string, string], value: T | undefined): void {
  const entries = map.get(outer) ?? new Map<string, T>();
  if (value === undefined) entries.delete(inner);
  else entries.set(inner, value);
  if (entries.size === 0) map.delete(outer);
  else map.set(outer, entries);
}
