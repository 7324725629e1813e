/**
 * The words that the API is written in: thin combinators over TypeBox. A schema is a JSON schema at run time (structural, as
 * CustomResourceDefinitions want it) and carries the static type of the value **after defaulting** in `Static`. The type is computed
 * once per combinator and readonly throughout, which keeps inference over big schemas cheap.
 */
import Type, { type TSchema, type TUnsafe } from 'typebox';

/** A JSON schema whose valid, defaulted values have the type T. */
export type Schema<T = unknown> = TUnsafe<T>;

/** The type of a schema's values after defaulting. */
export type Static<S extends Schema> = S['~unsafe'];

/** A field that may be absent, before and after defaulting. */
export interface OptionalField<T = unknown> {
  readonly presence: 'optional';
  readonly schema: Schema<T>;
}

/** A field that may be left out and is there after defaulting. */
export interface DefaultedField<T = unknown> {
  readonly presence: 'defaulted';
  readonly schema: Schema<T>;
}

export type Field<T = unknown> = Schema<T> | OptionalField<T> | DefaultedField<T>;
export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F> = F extends { readonly schema: Schema<infer T> } ? T : F extends Schema<infer T> ? T : never;

/** The static type of an object with these fields. */
export type ObjectOf<P extends Fields> = Flat<
  { readonly [K in keyof P as P[K] extends OptionalField ? never : K]: ValueOf<P[K]> } & {
    readonly [K in keyof P as P[K] extends OptionalField ? K : never]?: ValueOf<P[K]>;
  }
>;

/** One object type instead of an intersection, so that messages of the compiler show fields. */
type Flat<T> = T extends infer O ? { [K in keyof O]: O[K] } : never;

/** A CEL rule with what to tell the one who breaks it, as in `x-kubernetes-validations`. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** How the items of a list are told apart, as in `x-kubernetes-list-type`. */
export type ListType = 'atomic' | 'set' | { readonly map: readonly [string, ...string[]] };

interface Annotations {
  readonly description?: string;
  readonly rules?: readonly Rule[];
  /** What is right, in words, for whoever wrote something that does not fit: "a hostname such as www.example.com". */
  readonly expected?: string;
  /** The value is nobody's business: messages do not repeat it. */
  readonly sensitive?: boolean;
  /** Further JSON schema keywords (`oneOf`, `x-kubernetes-map-type`, ...). */
  readonly keywords?: Readonly<Record<string, unknown>>;
}

interface StringOptions extends Annotations {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

interface IntegerOptions extends Annotations {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: 'int32' | 'int64';
}

interface ListOptions extends Annotations {
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly listType?: ListType;
}

interface MapOptions extends Annotations {
  readonly maxProperties?: number;
}

interface ObjectOptions extends Annotations {
  /** Fields that are not named are let through as they are. */
  readonly open?: boolean;
  /** Fields of the real API that we refuse by name instead of ignoring them. */
  readonly notBuilt?: readonly string[];
}

/** Keywords of our own: they steer offline checks and are never part of a CRD. */
export const OWN_KEYWORDS = 'x-gatehouse-';
/** The keyword of an object's `notBuilt` fields. */
export const NOT_BUILT = `${OWN_KEYWORDS}not-built` as const;
/** The keyword of a field whose shape is known and which is refused wherever it is set. */
export const UNBUILT = `${OWN_KEYWORDS}unbuilt` as const;
/** The keyword of `expected`. */
export const EXPECTED = `${OWN_KEYWORDS}expected` as const;
/** The keyword of `sensitive`. */
export const SENSITIVE = `${OWN_KEYWORDS}sensitive` as const;

export const text = (options: StringOptions = {}): Schema<string> => Type.Unsafe<string>(Type.String(keywords(options)));

export const oneOf = <const V extends string>(values: readonly V[], options: Annotations = {}): Schema<V> =>
  Type.Unsafe<V>(Type.String({ enum: values, ...keywords(options) }));

export const integer = (options: IntegerOptions = {}): Schema<number> => Type.Unsafe<number>(Type.Integer(keywords(options)));

export const int32 = (options: IntegerOptions = {}): Schema<number> => integer({ format: 'int32', ...options });

export const oneOfNumbers = <const V extends number>(values: readonly V[], options: Annotations = {}): Schema<V> =>
  Type.Unsafe<V>(Type.Integer({ enum: values, ...keywords(options) }));

export const number = (options: Annotations = {}): Schema<number> => Type.Unsafe<number>(Type.Number(keywords(options)));

export const flag = (options: Annotations = {}): Schema<boolean> => Type.Unsafe<boolean>(Type.Boolean(keywords(options)));

export const list = <T>(items: Schema<T>, options: ListOptions = {}): Schema<readonly T[]> => {
  const { listType, ...rest } = options;
  return Type.Unsafe<readonly T[]>(Type.Array(items, { ...keywords(rest), ...listKeywords(listType) }));
};

/** Free keys, all values of one kind. */
export const map = <T>(values: Schema<T>, options: MapOptions = {}): Schema<Readonly<Record<string, T>>> =>
  Type.Unsafe<Readonly<Record<string, T>>>({ type: 'object', additionalProperties: values, ...keywords(options) });

/** A whole number or a string, as Kubernetes has it for ports and quantities. */
export const intOrString = (options: StringOptions = {}): Schema<number | string> =>
  Type.Unsafe<number | string>({
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
    ...keywords(options),
  });

/** Any JSON value, kept as it is. */
export const anything = (options: Annotations = {}): Schema<unknown> =>
  Type.Unsafe<unknown>({ 'x-kubernetes-preserve-unknown-fields': true, ...keywords(options) });

/** Any JSON object, kept as it is: a Kubernetes shape that we pass on and do not look into. */
export const anyObject = (options: Annotations = {}): Schema<Readonly<Record<string, unknown>>> =>
  Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true, ...keywords(options) });

/** An object with these fields: a plain schema is a required field, `optional` and `defaulted` ones may be left out. */
export const object = <const P extends Fields>(fields: P, options: ObjectOptions = {}): Schema<ObjectOf<P>> => {
  const { open, notBuilt, ...rest } = options;
  const properties: Record<string, TSchema> = {};
  for (const [name, field] of Object.entries(fields)) properties[name] = isPlain(field) ? field : Type.Optional(field.schema);
  const openness = open ? { 'x-kubernetes-preserve-unknown-fields': true } : {};
  const refused = notBuilt === undefined ? {} : { [NOT_BUILT]: notBuilt };
  return Type.Unsafe<ObjectOf<P>>(Type.Object(properties, { ...keywords(rest), ...openness, ...refused }));
};

/** The same schema with a word on what this use of it is for. */
export const described = <T>(description: string, schema: Schema<T>): Schema<T> => Type.Unsafe<T>({ ...schema, description });

export const optional = <T>(schema: Schema<T>): OptionalField<T> => ({ presence: 'optional', schema });

/** A field of the real API whose shape we know and that does nothing yet: it is checked, and refused by name. */
export const unbuilt = <T>(schema: Schema<T>): OptionalField<T> => optional(Type.Unsafe<T>({ ...schema, [UNBUILT]: true }));

/** A field that the API server fills in and that our code does not rely on (statuses: we write them, we do not read them as input). */
export const prefilled = <T>(schema: Schema<T>, value: unknown): OptionalField<T> => optional(defaulted(schema, value).schema);

/** `value` is what the API server fills in. It may be less than T where the fields of T have defaults of their own. */
export const defaulted = <T>(schema: Schema<T>, value: unknown): DefaultedField<T> => ({
  presence: 'defaulted',
  schema: Type.Unsafe<T>({ ...schema, default: value }),
});

const isPlain = (field: Field): field is Schema => !('presence' in field);

const keywords = ({ rules, expected, sensitive, keywords: further, ...rest }: Annotations): Record<string, unknown> => ({
  ...rest,
  ...further,
  ...(expected === undefined ? {} : { [EXPECTED]: expected }),
  ...(sensitive ? { [SENSITIVE]: true } : {}),
  ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
});

const listKeywords = (listType: ListType | undefined): Record<string, unknown> => {
  if (listType === undefined) return {};
  if (typeof listType === 'string') return { 'x-kubernetes-list-type': listType };
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': listType.map };
};
