import { stringify } from 'yaml';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Translation, translate } from '../translate.ts';
import { abridge } from './abridge.ts';
import { delta, type Plain } from './delta.ts';
import { SETTINGS } from './settings.ts';
import { objectsOf } from './yaml-objects.ts';

/** A case file: objects, then `# expect: status` and `# expect: xds`, each what differs from the base. */
export interface GoldenCase {
  /** Everything above the first expectation, as it stands. */
  readonly given: string;
  /** The expectations, as they stand. */
  readonly expected: string;
}

const MARK = /^---\n# expect: /m;
/** All cases live at this moment, so that certificates neither expire nor renew themselves. */
export const GOLDEN_NOW = Date.parse('2026-11-01T00:00:00Z');

export function splitCase(text: string): GoldenCase {
  const at = text.search(MARK);
  return at === -1 ? { given: text, expected: '' } : { given: text.slice(0, at), expected: text.slice(at) };
}

/** The expectations that a case should have, given the base that it adds to. An object of the case takes the place of one of the base. */
export function expectationsOf(given: string, base: string): string {
  const { objects, before } = baseOf(base);
  const after = outcome(merged(objects, objectsOf(given)));
  return `${section('status', delta(before.status, after.status))}${section('xds', delta(before.xds, newsOf(before.xds, after.xds)))}`;
}

interface Base {
  readonly objects: readonly KubernetesObject[];
  readonly before: Outcome;
}

const bases = new Map<string, Base>();

/** Hundreds of cases have one base: it is read and translated once. */
function baseOf(text: string): Base {
  const known = bases.get(text);
  if (known !== undefined) return known;
  const objects = objectsOf(text);
  const made = { objects, before: outcome(objects) };
  bases.set(text, made);
  return made;
}

export const section = (name: string, content: Plain | undefined): string =>
  `---\n# expect: ${name}\n${content === undefined ? '{}\n' : stringify(content, { lineWidth: 160 })}`;

const identity = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

export const merged = (base: readonly KubernetesObject[], own: readonly KubernetesObject[]): readonly KubernetesObject[] => [
  ...new Map([...base, ...own].map((object) => [identity(object), object])).values(),
];

/** Resources by fleet, type and name. */
type Resources = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Plain>>>>>>;

/** Listeners, their filters and clusters consist of constants mostly, and those of a new one are no news. */
const MOSTLY_CONSTANT: readonly string[] = ['listener', 'cluster', 'extensionConfig'];

function newsOf(before: Resources, after: Resources): Resources {
  const models = Object.values(before).flatMap((types) => MOSTLY_CONSTANT.flatMap((type) => Object.values(types[type] ?? {})));
  const show = abridge(models);
  const known = (fleet: string, type: string, name: string): boolean => before[fleet]?.[type]?.[name] !== undefined;
  return mapValues(after, (types, fleet) =>
    mapValues(types, (resources, type) =>
      mapValues(resources, (resource, name) =>
        MOSTLY_CONSTANT.includes(type) && !known(fleet, type, name) ? show(resource, '') : resource,
      ),
    ),
  );
}

const mapValues = <A, B>(map: Readonly<Record<string, A>>, change: (value: A, key: string) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]));

interface Outcome {
  readonly status: Plain;
  readonly xds: Resources;
}

function outcome(objects: readonly KubernetesObject[]): Outcome {
  const translation = translate(objects, { settings: SETTINGS, now: GOLDEN_NOW });
  return { status: statusesOf(translation), xds: xdsOf(translation) };
}

const xdsOf = ({ xds }: Translation): Resources =>
  mapValues(xds, (types) =>
    mapValues(types, (resources = []) => Object.fromEntries(resources.map(({ name, resource }) => [name, resource]))),
  );

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface ListenerStatus {
  readonly name: string;
  readonly attachedRoutes: number;
  readonly supportedKinds: readonly { readonly group: string; readonly kind: string }[];
  readonly conditions: readonly Condition[];
}

interface AnyStatus {
  readonly conditions?: readonly Condition[];
  readonly attachedListenerSets?: number;
  readonly listeners?: readonly ListenerStatus[];
  readonly parents?: readonly { readonly parentRef: Plain; readonly conditions: readonly Condition[] }[];
  readonly ancestors?: readonly { readonly ancestorRef: Plain; readonly conditions: readonly Condition[] }[];
}

/** One line a condition: what a reviewer reads. */
const lines = (conditions: readonly Condition[]): Plain =>
  Object.fromEntries(conditions.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]));

export function statusesOf({ statuses }: Translation): Plain {
  return Object.fromEntries(statuses.map((object) => [identity(object), statusOf((object.status ?? {}) as AnyStatus)]));
}

function statusOf({ attachedListenerSets, conditions, listeners, parents, ancestors }: AnyStatus): Plain {
  return {
    ...(attachedListenerSets === undefined ? {} : { attachedListenerSets }),
    ...(conditions === undefined ? {} : { conditions: lines(conditions) }),
    ...(listeners === undefined ? {} : { listeners: listeners.map(listenerOf) }),
    ...(parents === undefined ? {} : { parents: parents.map(({ parentRef, conditions: own }) => ({ parentRef, conditions: lines(own) })) }),
    ...(ancestors === undefined
      ? {}
      : { ancestors: ancestors.map(({ ancestorRef, conditions: own }) => ({ ancestorRef, conditions: lines(own) })) }),
  };
}

const listenerOf = ({ name, attachedRoutes, supportedKinds, conditions }: ListenerStatus): Plain => ({
  name,
  attachedRoutes,
  supportedKinds: supportedKinds.map(({ group, kind }) => `${group}/${kind}`).join(', '),
  conditions: lines(conditions),
});
