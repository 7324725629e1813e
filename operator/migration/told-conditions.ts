import { isObject, type JsonObject } from '../../crds/json-schema.ts';
import { fieldsOf, objectsIn } from '../infrastructure/kubernetes/json-fields.ts';

/** One condition of a status, wherever it stands in it. */
export interface ToldCondition {
  /** What of the object it speaks of, for people; empty: the whole. */
  readonly of: string;
  readonly type: string;
  readonly holds: boolean;
  readonly reason: string;
  readonly message: string;
}

/** Conditions that say by True that something is wrong. */
const COMPLAINTS: ReadonlySet<string> = new Set(['Conflicted', 'OverlappingTLSConfig', 'PartiallyInvalid', 'RouteRulesOverlap']);

export const isWrong = ({ type, holds }: Pick<ToldCondition, 'type' | 'holds'>): boolean => (COMPLAINTS.has(type) ? holds : !holds);

/**
 * What a controller says of an object: the object's own conditions, those of listeners, and those of parents and ancestors. What has not been
 * looked at yet (Unknown) is not said.
 * @param controllerName whose entries count where several write
 */
export function toldConditions(status: unknown, controllerName: string): readonly ToldCondition[] {
  const { conditions, listeners, parents, ancestors } = fieldsOf(status);
  const own = ({ controllerName: by = controllerName }: JsonObject): boolean => by === controllerName;
  return [
    ...conditionsOf('', conditions),
    ...objectsIn(listeners).flatMap((each) => conditionsOf(`listener ${String(each['name'])}`, each['conditions'])),
    ...objectsIn(parents)
      .filter(own)
      .flatMap((each) => conditionsOf(nameOf(each['parentRef']), each['conditions'])),
    ...objectsIn(ancestors)
      .filter(own)
      .flatMap((each) => conditionsOf(nameOf(each['ancestorRef']), each['conditions'])),
  ];
}

function conditionsOf(of: string, conditions: unknown): readonly ToldCondition[] {
  return objectsIn(conditions)
    .filter(({ status }) => status !== 'Unknown')
    .map(({ type, status, reason, message }) => ({
      of,
      type: String(type),
      holds: status === 'True',
      reason: String(reason ?? ''),
      message: String(message ?? ''),
    }));
}

/** Group and kind have defaults that one writes and another does not. */
function nameOf(ref: unknown): string {
  const { kind = 'Gateway', namespace, name, sectionName, port } = isObject(ref) ? ref : {};
  const key = namespace === undefined ? String(name) : `${String(namespace)}/${String(name)}`;
  const section = sectionName === undefined ? '' : `, section ${String(sectionName)}`;
  return `${String(kind)} ${key}${section}${port === undefined ? '' : `, port ${String(port)}`}`;
}
