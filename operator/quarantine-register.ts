import type { Source } from '../translators/graph/collection.ts';
import type { QuarantinedFragment } from '../translators/inputs.ts';
import type { QuarantineChange } from '../xds/quarantine.ts';

/**
 * Brings the xDS server's verdicts into the graph. A fragment is judged by each Envoy version; the proxies of a fleet share one table, so
 * it stays replaced as long as one version refuses it.
 */
export class QuarantineRegister {
  readonly #source: Source<QuarantinedFragment>;
  /** By hash: what each Envoy version said. */
  readonly #verdicts = new Map<string, Map<string, string>>();

  constructor(source: Source<QuarantinedFragment>) {
    this.#source = source;
  }

  apply(changes: readonly QuarantineChange[]): void {
    for (const { hash, envoyVersion, message, quarantined } of changes) {
      const verdicts = this.#verdicts.get(hash) ?? new Map<string, string>();
      if (quarantined) verdicts.set(envoyVersion, message);
      else verdicts.delete(envoyVersion);
      this.#put(hash, verdicts);
    }
  }

  #put(hash: string, verdicts: Map<string, string>): void {
    const [first] = [...verdicts].sort(([a], [b]) => (a < b ? -1 : 1));
    if (first === undefined) this.#verdicts.delete(hash);
    else this.#verdicts.set(hash, verdicts);
    this.#source.put(hash, first && { envoyVersion: first[0], message: first[1] });
  }
}
