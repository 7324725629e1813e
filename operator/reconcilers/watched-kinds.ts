import { KINDS } from '../../crds/kinds.ts';
import type { ResourceKind } from '../cluster/resource-kind.ts';

/** The kinds that the operator follows, as the API server serves them in the version that we read. */
export function watchedKind(name: string): ResourceKind {
  const entry = KINDS.find((kind) => kind.kind === name);
  if (entry === undefined) throw new Error(`no schema says how to read kind ${name}`);
  const { group, versions, kind, plural, namespaced } = entry;
  return { group, version: versions[0], kind, plural, namespaced };
}
