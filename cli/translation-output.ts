import { stringify } from 'yaml';
import { kindOf } from '../crds/kinds.ts';
import type { KubernetesObject } from '../crds/object-meta.ts';
import { redacted } from '../operator/endpoints/redacted.ts';
import { objectKey } from '../translators/ir/object-key.ts';
import type { Translation } from '../translators/translate.ts';
import type { ResourceType } from '../xds/resource.ts';
import { RESOURCE_TYPES } from '../xds/resource.ts';

export const VIEWS = ['status', 'ir', 'infra', 'xds'] as const;
export type View = (typeof VIEWS)[number];

const idOf = (object: KubernetesObject): string => `${object.kind} ${objectKey(object)}`;

/** When a status was first so is no fact about the input. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => name !== 'lastTransitionTime');
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutTimes(field)]));
}

/** Every input object whose kind has a status, in input order. */
function statusView(objects: readonly KubernetesObject[], translation: Translation): readonly object[] {
  const judged = new Map(translation.statuses.map((object) => [idOf(object), object.status]));
  return objects
    .filter(({ apiVersion, kind }) => kindOf(apiVersion, kind)?.hasStatus)
    .map(({ status: given, ...object }) => {
      const status = judged.get(idOf({ ...object })) ?? given;
      return status === undefined ? object : { ...object, status: withoutTimes(status) };
    });
}

/** By fleet, then by type URL in the order in which proxies need them. */
function xdsView(xds: Translation['xds']): object {
  const types = Object.entries(RESOURCE_TYPES) as readonly (readonly [ResourceType, string])[]; // the keys of that very constant
  const fleets = Object.entries(xds).map(([fleet, byType]) => {
    const present = types.flatMap(([type, url]) => {
      const resources = byType[type];
      return resources === undefined ? [] : [[url, resources.map(({ resource }) => resource)] as const];
    });
    return [fleet, Object.fromEntries(present)] as const;
  });
  return Object.fromEntries(fleets);
}

/** One view of a translation as plain data; that of the infrastructure is made elsewhere (infra-view.ts). */
export function viewOf(view: Exclude<View, 'infra'>, objects: readonly KubernetesObject[], translation: Translation): unknown {
  if (view === 'status') return statusView(objects, translation);
  return view === 'ir' ? translation.ir : xdsView(translation.xds);
}

/** As YAML 1.1, which is what kubectl reads: there a bare `off` is a boolean. */
const yaml = (value: unknown): string => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' });

/** A list is a stream of documents. */
const documents = (value: unknown): string => (Array.isArray(value) ? value.map((item) => `---\n${yaml(item)}`).join('') : yaml(value));

/** One view is printed bare; several are the fields of one object. Ends with a newline unless it is empty. */
export function printViews(
  views: ReadonlyMap<View, unknown>,
  { format, showSecrets }: { readonly format: 'yaml' | 'json'; readonly showSecrets: boolean },
): string {
  const shown = showSecrets ? views : new Map([...views].map(([view, value]) => [view, redacted(value)]));
  const [only] = shown.values();
  const value = shown.size === 1 ? only : Object.fromEntries(shown);
  return format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : documents(value);
}
