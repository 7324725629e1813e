import type { Colors, Display } from './display.ts';
import { plainLine, visible } from './display.ts';

/** A status with the object that it belongs to. */
export interface ObjectStatus {
  readonly kind: string;
  /** `<ns>/<name>`, or `<name>`. */
  readonly key: string;
  readonly status: object;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Conditions of an object, or of a part of it. */
interface Section {
  /** Empty: the object itself. Else `listener http`, `parent default/eg`, `Gateway default/eg`. */
  readonly part: string;
  readonly note: string;
  readonly conditions: readonly Condition[];
}

/** Conditions that are bad news when they are true (Gateway API: Conflicted, PartiallyInvalid, ...). */
const BAD_WHEN_TRUE = new Set(['Conflicted', 'PartiallyInvalid', 'OverlappingTLSConfig', 'RouteRulesOverlap', 'Warning']);

type Plain = Readonly<Record<string, unknown>>;

const plain = (value: unknown): Plain => (typeof value === 'object' && value !== null ? { ...value } : {});
const list = (value: unknown): readonly Plain[] => (Array.isArray(value) ? value.map(plain) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const conditionsOf = (value: unknown): readonly Condition[] =>
  list(value).map(({ type, status, reason, message }) => ({
    type: text(type),
    status: text(status),
    reason: text(reason),
    message: text(message),
  }));

function parentName(parentRef: Plain, namespace: string): string {
  const { namespace: own, name, sectionName, port } = parentRef;
  const suffix = [sectionName, port].filter((part) => part !== undefined).join(':');
  return `${text(own) || namespace}/${text(name)}${suffix === '' ? '' : `/${suffix}`}`;
}

function sectionsOf({ key, status }: ObjectStatus): readonly Section[] {
  const { conditions, listeners, parents, ancestors } = plain(status);
  const namespace = key.includes('/') ? (key.split('/')[0] ?? '') : '';
  const own: Section = { part: '', note: '', conditions: conditionsOf(conditions) };
  const ofListeners = list(listeners).map((listener): Section => {
    const routes = Number(listener['attachedRoutes'] ?? 0);
    return {
      part: `listener ${text(listener['name'])}`,
      note: `${routes} ${routes === 1 ? 'route' : 'routes'}`,
      conditions: conditionsOf(listener['conditions']),
    };
  });
  const ofParents = list(parents).map((parent): Section => {
    const name = parentName(plain(parent['parentRef']), namespace);
    return { part: `parent ${name}`, note: '', conditions: conditionsOf(parent['conditions']) };
  });
  const ofAncestors = list(ancestors).map((ancestor): Section => {
    const ref = plain(ancestor['ancestorRef']);
    const name = ref['namespace'] === undefined ? text(ref['name']) : parentName(ref, namespace);
    return { part: `${text(ref['kind'])} ${name}`, note: '', conditions: conditionsOf(ancestor['conditions']) };
  });
  return [own, ...ofListeners, ...ofParents, ...ofAncestors];
}

const isGood = ({ type, status }: Condition): boolean => status === (BAD_WHEN_TRUE.has(type) ? 'False' : 'True');

/** What is as it should be takes a word; what is not takes its reason and message. */
function conditionText(condition: Condition, colors: Colors): string {
  const { type, status, reason } = condition;
  if (isGood(condition)) return colors.green(`${type}=${status}`);
  return (status === 'Unknown' ? colors.yellow : colors.red)(`${type}=${status} (${reason})`);
}

function terminalLines(object: ObjectStatus, colors: Colors): readonly string[] {
  return sectionsOf(object).flatMap(({ part, note, conditions }) => {
    const title = part === '' ? colors.bold(`${object.kind} ${object.key}`) : `  ${part}${note === '' ? '' : ` (${note})`}`;
    const words = conditions.map((condition) => conditionText(condition, colors));
    const messages = conditions.filter((condition) => !isGood(condition) && condition.message !== '');
    return [[title, ...words].join('  '), ...messages.map(({ type, message }) => `    ${type}: ${visible(message)}`)];
  });
}

function plainLines(object: ObjectStatus): readonly string[] {
  return sectionsOf(object).flatMap(({ part, conditions }) =>
    conditions.map(({ type, status, reason, message }) => {
      const [kind = '', name = ''] = part.split(' ');
      const where = part === '' ? {} : { [kind]: name };
      return plainLine(`status ${object.kind} ${object.key}`, { ...where, [type]: status, reason, message });
    }),
  );
}

/** The statuses of objects as they are. */
export function statusLines(objects: readonly ObjectStatus[], { terminal, colors }: Display): readonly string[] {
  return objects.flatMap((object) => (terminal ? terminalLines(object, colors) : plainLines(object)));
}

/** Every condition by the place where it stands, to tell which ones changed. */
export function conditionsByPlace(object: ObjectStatus): ReadonlyMap<string, string> {
  return new Map(
    sectionsOf(object).flatMap(({ part, conditions }) =>
      conditions.map(({ type, status, reason, message }) => [`${part} ${type}`, `${status} ${reason} ${message}`] as const),
    ),
  );
}
