import { parseAllDocuments, stringify } from 'yaml';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { admit } from '../../crds/validate.ts';
import { DEFAULT_CONTROLLER_NAME, unprivilegedPort } from '../settings.ts';
import { type Translation, translate } from '../translate.ts';
import { delta, type Plain } from './delta.ts';

/** A case file: objects, then `# expect: status` and `# expect: xds`, each what differs from the base. */
export interface GoldenCase {
  /** Everything above the first expectation, as it stands. */
  readonly given: string;
  /** The expectations, as they stand. */
  readonly expected: string;
}

const MARK = /^---\n# expect: /m;
const SETTINGS = {
  controllerName: DEFAULT_CONTROLLER_NAME,
  bindPort: unprivilegedPort,
  bindAddress: '0.0.0.0',
  namespace: 'envoy-gateway-system',
};
/** All cases live at this moment, so that certificates neither expire nor renew themselves. */
export const GOLDEN_NOW = Date.parse('2026-11-01T00:00:00Z');

export function splitCase(text: string): GoldenCase {
  const at = text.search(MARK);
  return at === -1 ? { given: text, expected: '' } : { given: text.slice(0, at), expected: text.slice(at) };
}

/** The expectations that a case should have, given the base that it adds to. An object of the case takes the place of one of the base. */
export function expectationsOf(given: string, base: string): string {
  const before = outcome(readObjects(base));
  const after = outcome(merged(readObjects(base), readObjects(given)));
  return `${section('status', delta(before.status, after.status))}${section('xds', delta(before.xds, after.xds))}`;
}

const section = (name: string, content: Plain | undefined): string =>
  `---\n# expect: ${name}\n${content === undefined ? '{}\n' : stringify(content, { lineWidth: 160 })}`;

function readObjects(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((object) => object !== null)
    .map((object) => {
      const admitted = admit(object);
      if (!admitted.ok) throw new Error(admitted.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
      return admitted.value;
    });
}

const identity = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

const merged = (base: readonly KubernetesObject[], own: readonly KubernetesObject[]): readonly KubernetesObject[] => [
  ...new Map([...base, ...own].map((object) => [identity(object), object])).values(),
];

function outcome(objects: readonly KubernetesObject[]): { readonly status: Plain; readonly xds: Plain } {
  const translation = translate(objects, { settings: SETTINGS, now: GOLDEN_NOW });
  return { status: statusesOf(translation), xds: xdsOf(translation) };
}

function xdsOf(translation: Translation): Plain {
  const fleets = Object.entries(translation.xds).map(([fleet, types]) => {
    const named = Object.entries(types).map(
      ([type, resources]) => [type, Object.fromEntries(resources.map(({ name, resource }) => [name, resource]))] as const,
    );
    return [fleet, Object.fromEntries(named)] as const;
  });
  return Object.fromEntries(fleets);
}

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
  readonly listeners?: readonly ListenerStatus[];
  readonly parents?: readonly { readonly parentRef: Plain; readonly conditions: readonly Condition[] }[];
}

/** One line a condition: what a reviewer reads. */
const lines = (conditions: readonly Condition[]): Plain =>
  Object.fromEntries(conditions.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]));

function statusesOf({ statuses }: Translation): Plain {
  return Object.fromEntries(statuses.map((object) => [identity(object), statusOf((object.status ?? {}) as AnyStatus)]));
}

function statusOf({ conditions, listeners, parents }: AnyStatus): Plain {
  return {
    ...(conditions === undefined ? {} : { conditions: lines(conditions) }),
    ...(listeners === undefined ? {} : { listeners: listeners.map(listenerOf) }),
    ...(parents === undefined ? {} : { parents: parents.map(({ parentRef, conditions: own }) => ({ parentRef, conditions: lines(own) })) }),
  };
}

const listenerOf = ({ name, attachedRoutes, supportedKinds, conditions }: ListenerStatus): Plain => ({
  name,
  attachedRoutes,
  supportedKinds: supportedKinds.map(({ group, kind }) => `${group}/${kind}`).join(', '),
  conditions: lines(conditions),
});
