import { conditions } from '../object-meta.ts';
import { list, object } from '../schema.ts';
import { controllerName, parentReference } from './names.ts';

const ancestorStatus = object({ ancestorRef: parentReference, conditions: conditions({ minItems: 1 }), controllerName });

/** GEP-713: one entry for each Gateway and controller; others' entries are theirs. */
export const policyStatus = object({ ancestors: list(ancestorStatus, { maxItems: 16, listType: 'atomic' }) });
