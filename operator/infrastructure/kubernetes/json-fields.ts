import { isObject, type JsonObject } from '../../../crds/json-schema.ts';

/** The fields of what should be an object; none where it is none. */
export const fieldsOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The elements of what should be a list. */
export const elementsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The objects among them. */
export const objectsIn = (value: unknown): readonly JsonObject[] => elementsOf(value).filter(isObject);

/** The texts among them, but for empty ones. */
export const textsIn = (value: unknown): readonly string[] =>
  elementsOf(value).filter((each): each is string => typeof each === 'string' && each !== '');
