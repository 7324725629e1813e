import { type DescField, type DescMessage, getOption, hasOption } from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { type FieldRules, rules as rulesOption } from '../../xds/proto/gen/validate/validate_pb.ts';
import { type FieldCheck, listCheck, type MessageCheck, mapCheck, type Report } from './check-collection.ts';
import { bytesCheck, durationCheck, enumCheck, numberCheck, stringCheck, type ValueCheck } from './check-value.ts';

/** How a nested message is checked, found when it is first needed: types contain themselves. */
export type Nested = (desc: DescMessage) => MessageCheck;

type MessageField = Extract<DescField, { fieldKind: 'message' }>;

/** Undefined where nothing can be wrong. */
export function compileField(field: DescField, nested: Nested): FieldCheck | undefined {
  const rules = hasOption(field, rulesOption) ? getOption(field, rulesOption) : undefined;
  const nestedIn = (message: DescMessage) => (element: FieldRules | undefined) => messageCheck(message, element, nested);
  switch (field.fieldKind) {
    case 'list':
      return listCheck(rules, field.listKind === 'message' ? nestedIn(field.message) : plain(field));
    case 'map':
      return mapCheck(rules, field.mapKind === 'message' ? nestedIn(field.message) : plain(field));
    case 'message':
      return isWrapperDesc(field.message) && !field.oneof ? wrapperCheck(field, rules) : messageCheck(field.message, rules, nested);
    default:
      return singularCheck(field, rules);
  }
}

/** A field without presence is checked also when it holds its zero value, unless the rule ignores that. */
function singularCheck(field: Extract<DescField, { fieldKind: 'scalar' | 'enum' }>, rules: FieldRules | undefined): FieldCheck | undefined {
  const check = valueCheck(field, rules);
  if (check === undefined) return undefined;
  const ignoresEmpty = ignoreEmpty(rules);
  return (value, path, report) => {
    if (value === undefined || (ignoresEmpty && isZero(value))) return;
    const message = check(value);
    if (message !== undefined) report(path, message);
  };
}

function wrapperCheck(field: MessageField, rules: FieldRules | undefined): FieldCheck | undefined {
  const required = rules?.message?.required ?? false;
  const [inner] = field.message.fields;
  const check = inner === undefined ? undefined : valueCheck(inner, rules);
  if (check === undefined && !required) return undefined;
  return (value, path, report) => {
    const message = value === undefined ? (required ? 'is required' : undefined) : check?.(value);
    if (message !== undefined) report(path, message);
  };
}

function messageCheck(desc: DescMessage, rules: FieldRules | undefined, nested: Nested): FieldCheck | undefined {
  // A Struct is plain JSON in this library, and nothing in it has rules.
  const descends = desc.typeName !== 'google.protobuf.Struct' && !(rules?.message?.skip ?? false);
  const required = isRequired(rules);
  // What reflection calls a Duration is one.
  const check = rules?.type.case === 'duration' ? (durationCheck(rules.type.value) as ValueCheck<unknown> | undefined) : undefined;
  return (value, path, report) => {
    if (typeof value !== 'object' || value === null) {
      if (required) report(path, 'is required');
      return;
    }
    const message = check?.(value);
    if (message !== undefined) report(path, message);
    if (descends) nested(desc)(value, path, report);
  };
}

const isRequired = (rules: FieldRules | undefined): boolean =>
  rules?.message?.required || ((rules?.type.case === 'any' || rules?.type.case === 'duration') && rules.type.value.required) || false;

/** For a list's items or a map's values that are not messages. */
const plain =
  (field: DescField) =>
  (rules: FieldRules | undefined): FieldCheck | undefined => {
    const check = valueCheck(field, rules);
    return check && ((value, path, report) => reportIf(check(value), path, report));
  };

function reportIf(message: string | undefined, path: string, report: Report): void {
  if (message !== undefined) report(path, message);
}

/** The rules of a scalar or enum. Rules and value are of one type, which reflection does not tell the compiler. */
function valueCheck(field: DescField, rules: FieldRules | undefined): ValueCheck<unknown> | undefined {
  const type = rules?.type;
  if (type?.case === undefined) return undefined;
  switch (type.case) {
    case 'string':
      return stringCheck(type.value) as ValueCheck<unknown> | undefined;
    case 'bytes':
      return bytesCheck(type.value) as ValueCheck<unknown> | undefined;
    case 'enum':
      return field.enum && (enumCheck(type.value, field.enum) as ValueCheck<unknown> | undefined);
    case 'bool': {
      const only = type.value.const;
      return (value) => (value === only ? undefined : `must be ${only}`);
    }
    case 'repeated':
    case 'map':
    case 'any':
    case 'duration':
    case 'timestamp':
      throw new Error(`The rule ${type.case} on ${field.toString()} is not known to the interpreter of validate.rules`);
    default:
      return numberCheck(type.value) as ValueCheck<unknown> | undefined;
  }
}

function ignoreEmpty(rules: FieldRules | undefined): boolean {
  const value = rules?.type.value;
  return value !== undefined && 'ignoreEmpty' in value && value.ignoreEmpty === true;
}

const isZero = (value: unknown): boolean =>
  value === '' || value === 0 || value === 0n || (value instanceof Uint8Array && value.length === 0);
