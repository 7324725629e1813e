import type { FieldRules } from '../../xds/proto/gen/validate/validate_pb.ts';
import { given, stringCheck, type ValueCheck } from './check-value.ts';

/** Where a complaint goes. */
export type Report = (path: string, message: string) => void;

/** Checks what a field holds; `undefined` is an absent message or optional. */
export type FieldCheck = (value: unknown, path: string, report: Report) => void;

/** Checks a message of the type that it was made for. */
export type MessageCheck = (message: object, path: string, report: Report) => void;

/** Checks a list's items or a map's values by their rules. */
type ElementCheck = (rules: FieldRules | undefined) => FieldCheck | undefined;

export function listCheck(rules: FieldRules | undefined, elementCheck: ElementCheck): FieldCheck | undefined {
  const list = rules?.type.case === 'repeated' ? rules.type.value : undefined;
  const items = elementCheck(list?.items);
  if (list === undefined) return items && ((value, path, report) => eachItem(value, path, report, items));
  const { minItems, maxItems, unique, ignoreEmpty } = given(list);
  const size = sizeCheck(minItems, maxItems, 'items');
  return (value, path, report) => {
    if (!Array.isArray(value) || (value.length === 0 && ignoreEmpty)) return;
    const complaint = size?.(value.length) ?? (unique && new Set(value).size < value.length ? 'must not have an item twice' : undefined);
    if (complaint !== undefined) report(path, complaint);
    if (items !== undefined) eachItem(value, path, report, items);
  };
}

export function mapCheck(rules: FieldRules | undefined, elementCheck: ElementCheck): FieldCheck | undefined {
  const map = rules?.type.case === 'map' ? rules.type.value : undefined;
  const values = elementCheck(map?.values);
  const keys = map?.keys?.type.case === 'string' ? stringCheck(map.keys.type.value) : undefined;
  const { minPairs, maxPairs } = map === undefined ? {} : given(map);
  const size = sizeCheck(minPairs, maxPairs, 'entries');
  if (values === undefined && keys === undefined && size === undefined) return undefined;
  return (value, path, report) => {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    const complaint = size?.(entries.length);
    if (complaint !== undefined) report(path, complaint);
    for (const [key, entry] of entries) checkEntry({ key, entry, path: `${path}[${JSON.stringify(key)}]` }, { keys, values }, report);
  };
}

interface Entry {
  readonly key: string;
  readonly entry: unknown;
  readonly path: string;
}

interface EntryChecks {
  readonly keys: ValueCheck<string> | undefined;
  readonly values: FieldCheck | undefined;
}

function checkEntry({ key, entry, path }: Entry, { keys, values }: EntryChecks, report: Report): void {
  const complaint = keys?.(key);
  if (complaint !== undefined) report(path, `key ${complaint}`);
  values?.(entry, path, report);
}

function eachItem(value: unknown, path: string, report: Report, check: FieldCheck): void {
  if (!Array.isArray(value)) return;
  for (const [i, item] of value.entries()) check(item, `${path}[${i}]`, report);
}

function sizeCheck(min: bigint | undefined, max: bigint | undefined, noun: string): ValueCheck<number> | undefined {
  if (min === undefined && max === undefined) return undefined;
  const least = Number(min ?? 0);
  const most = max === undefined ? Number.POSITIVE_INFINITY : Number(max);
  return (size) => {
    if (size < least) return `must have at least ${least} ${noun}, has ${size}`;
    return size > most ? `must have at most ${most} ${noun}, has ${size}` : undefined;
  };
}
