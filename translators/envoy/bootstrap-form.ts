import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { isObject, type JsonObject } from '../../crds/json-schema.ts';

/** What people wrote in place of a message; the words end without a full stop. */
export class FormError extends Error {}

/** Well-known types have a form of their own, and what is in an Any is for the extension to judge: both stay as they are. */
const AS_THEY_ARE = 'google.protobuf.';

/**
 * A message in JSON or YAML as people write it, with the names that the protos have and without nulls, so that two of them can be merged.
 * @param any what to make of the content of an Any
 * @throws FormError for a field that the message does not have, or a value of the wrong shape
 */
export function messageForm(desc: DescMessage, value: unknown, any: (packed: unknown) => unknown, path = ''): unknown {
  if (desc.typeName === 'google.protobuf.Any') return any(value);
  if (desc.typeName.startsWith(AS_THEY_ARE)) return value;
  if (!isObject(value)) throw new FormError(`${path === '' ? 'it' : path} must be an object with fields of ${desc.name}`);
  const entries = Object.entries(value).flatMap(([key, content]) => {
    if (content === null) return [];
    const field = desc.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    if (field === undefined) throw new FormError(`${path === '' ? '' : `${path}: `}${desc.name} has no field ${key}`);
    return [[field.name, fieldForm(field, content, any, path === '' ? field.name : `${path}.${field.name}`)] as const];
  });
  return Object.fromEntries(entries);
}

function fieldForm(field: DescField, content: unknown, any: (packed: unknown) => unknown, path: string): unknown {
  const { message } = field;
  if (message === undefined) return content;
  if (field.fieldKind === 'message') return messageForm(message, content, any, path);
  if (field.fieldKind === 'list') {
    if (!Array.isArray(content)) throw new FormError(`${path} must be a list`);
    return content.map((item: unknown, index) => messageForm(message, item, any, `${path}[${index}]`));
  }
  if (!isObject(content)) throw new FormError(`${path} must be a map`);
  return Object.fromEntries(Object.entries(content).map(([key, item]) => [key, messageForm(message, item, any, `${path}[${key}]`)]));
}

/** As protobuf merges messages: field by field, lists one after the other. */
export function mergeForms(base: JsonObject, own: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [name, value] of Object.entries(own)) merged.set(name, mergedField(merged.get(name), value));
  return Object.fromEntries(merged);
}

function mergedField(before: unknown, own: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(own)) return [...before, ...own];
  return isObject(before) && isObject(own) ? mergeForms(before, own) : own;
}
