import { type DescMessage, type DescOneof, fromBinary, getOption, type MessageShape } from '@bufbuild/protobuf';
import { type Any, AnySchema, anyIs } from '@bufbuild/protobuf/wkt';
import { disabled, ignored, required as requiredOption } from '../../xds/proto/gen/validate/validate_pb.ts';
import type { FieldCheck, MessageCheck, Report } from './check-collection.ts';
import { compileField } from './check-field.ts';
import { ENVOY_TYPES } from './type-registry.ts';

/** What Envoy would refuse: `path` by field names as in the protos, `match.headers[0].name`. */
export interface Violation {
  readonly path: string;
  readonly message: string;
}

/**
 * Checks a message and all in it, also what is packed in an Any, against the `validate.rules` of the protos: the rules of
 * protoc-gen-validate by which Envoy refuses a resource. Rules are compiled once for each type.
 */
export function check<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): readonly Violation[] {
  const violations: Violation[] = [];
  checkOf(schema)(message, '', (path, complaint) => violations.push({ path, message: complaint }));
  return violations;
}

const compiled = new Map<DescMessage, MessageCheck>();

function checkOf(desc: DescMessage): MessageCheck {
  const known = compiled.get(desc);
  if (known !== undefined) return known;
  const fresh = desc.typeName === AnySchema.typeName ? checkAny : compile(desc);
  compiled.set(desc, fresh);
  return fresh;
}

function compile(desc: DescMessage): MessageCheck {
  if (getOption(desc, disabled) || getOption(desc, ignored)) return () => {};
  const checks = [...desc.oneofs.map(oneofCheck), ...desc.fields.map(fieldCheck)].filter((one) => one !== undefined);
  return (message, path, report) => {
    for (const one of checks) one(message, path, report);
  };
}

/** A message of this library is an object with a property for each field, and one for each oneof. */
type Properties = Readonly<Record<string, unknown>>;
type OneofValue = { readonly case?: string; readonly value?: unknown };

function fieldCheck(field: DescMessage['fields'][number]): MessageCheck | undefined {
  const check: FieldCheck | undefined = compileField(field, checkOf);
  if (check === undefined) return undefined;
  const oneof = field.oneof;
  if (oneof === undefined)
    return (message, path, report) => check((message as Properties)[field.localName], join(path, field.name), report);
  return (message, path, report) => {
    const chosen = (message as Properties)[oneof.localName] as OneofValue;
    if (chosen.case === field.localName) check(chosen.value, join(path, field.name), report);
  };
}

function oneofCheck(oneof: DescOneof): MessageCheck | undefined {
  if (!getOption(oneof, requiredOption)) return undefined;
  const names = oneof.fields.map((field) => field.name).join(', ');
  return (message, path, report) => {
    const chosen = (message as Properties)[oneof.localName] as OneofValue;
    if (chosen.case === undefined) report(join(path, oneof.name), `one of ${names} is required`);
  };
}

/** What was found in an Any. Constants, such as the options of a protocol, are shared by thousands of messages. */
const packed = new WeakMap<object, readonly Violation[]>();

function checkAny(message: object, path: string, report: Report): void {
  // Only reached by the schema of Any.
  const any = message as Any;
  const known = packed.get(any);
  const violations = known ?? unpacked(any);
  if (known === undefined) packed.set(any, violations);
  for (const violation of violations) report(join(path, violation.path), violation.message);
}

function unpacked(any: Any): readonly Violation[] {
  const schema = ENVOY_TYPES.getMessage(any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1));
  if (schema === undefined || !anyIs(any, schema)) return [{ path: 'type_url', message: `${any.typeUrl} is not in packed-schemas.ts` }];
  return check(schema, fromBinary(schema, any.value));
}

const join = (path: string, name: string): string => (path === '' ? name : name === '' ? path : `${path}.${name}`);
