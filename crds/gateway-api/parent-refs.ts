/** How a route says what it attaches to, and what came of it: shared by all kinds of routes. */
import { conditions } from '../object-meta.ts';
import { list, object, type Rule, type Static } from '../schema.ts';
import { controllerName, parentReference } from './names.ts';

/** Field-wise comparison of two references as CEL has to spell it: an absent field and an empty one are the same. */
const bothUnset = (field: string, empty: string): string =>
  `((!has(p1.${field}) || p1.${field} == ${empty}) && (!has(p2.${field}) || p2.${field} == ${empty}))`;

const SAME_TARGET = 'p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name';
const NAMESPACE_UNSET = bothUnset('__namespace__', "''");
const NAMESPACE_SET = 'has(p1.__namespace__) && has(p2.__namespace__) && p1.__namespace__ == p2.__namespace__';
const SECTION = `(${bothUnset('sectionName', "''")} || ( has(p1.sectionName) && has(p2.sectionName) && p1.sectionName == p2.sectionName))`;
const PORT = `(${bothUnset('port', '0')} || (has(p1.port) && has(p2.port) && p1.port == p2.port))`;

const rules: readonly Rule[] = [
  {
    rule: `self.all(p1, self.all(p2, ${SAME_TARGET} && (${NAMESPACE_UNSET} || (${NAMESPACE_SET})) ? ((!has(p1.sectionName) || p1.sectionName == '') == (!has(p2.sectionName) || p2.sectionName == '') && (!has(p1.port) || p1.port == 0) == (!has(p2.port) || p2.port == 0)): true))`,
    message: 'sectionName or port must be specified when parentRefs includes 2 or more references to the same parent',
  },
  {
    rule: `self.all(p1, self.exists_one(p2, ${SAME_TARGET} && (${NAMESPACE_UNSET} || (${NAMESPACE_SET} )) && ${SECTION} && ${PORT}))`,
    message: 'sectionName or port must be unique when parentRefs includes 2 or more references to the same parent',
  },
];

export const parentRefs = list(parentReference, { maxItems: 32, listType: 'atomic', rules });

const routeParentStatus = object({
  conditions: conditions({ minItems: 1 }),
  controllerName,
  parentRef: parentReference,
});
export type RouteParentStatus = Static<typeof routeParentStatus>;

/** `parents` holds one entry for each parent and controller; others' entries are theirs. */
export const routeStatus = object({ parents: list(routeParentStatus, { maxItems: 32, listType: 'atomic' }) });
export type RouteStatus = Static<typeof routeStatus>;
