import { isObject, type JsonSchema, jsonSchema } from '../../crds/json-schema.ts';
import { KINDS } from '../../crds/kinds.ts';
import { EXPECTED } from '../../crds/schema.ts';
import type { Feature } from '../features/policy-feature.ts';

/** Where a field stands in its kind, and what it may hold. */
export interface FeatureField {
  /** `spec.rules[].filters[].requestMirror` */
  readonly path: string;
  readonly schema: JsonSchema;
}

/** The field of a feature in the schema of its owner: the one that is nearest to the top. Throws where there is none. */
export function featureField({ owner, field }: Pick<Feature, 'owner' | 'field'>): FeatureField {
  const kind = KINDS.find((each) => each.kind === owner);
  if (kind === undefined) throw new Error(`no kind is called ${owner}`);
  let level: readonly FeatureField[] = [{ path: '', schema: jsonSchema(kind.schema) }];
  while (level.length > 0) {
    const below = level.flatMap(fieldsOf);
    const found = below.find(({ path }) => path.split('.').at(-1) === field);
    if (found !== undefined) return found;
    level = below;
  }
  throw new Error(`${owner} has no field ${field}`);
}

/** Every kind that has the field. */
export const ownersOf = ({ owner, sharedWith = [] }: Pick<Feature, 'owner' | 'sharedWith'>): string => [owner, ...sharedWith].join(', ');

/** The page of a feature, in Markdown: what it does, its fields, the case that shows it. */
export function featurePage(feature: Feature, example: string): string {
  const { path, schema } = featureField(feature);
  const rows = [{ path, schema }, ...allBelow({ path, schema })].map(rowOf);
  return `# ${ownersOf(feature)}: ${feature.field}
${feature.doc}

| Field | Type | Default | Allowed |
| --- | --- | --- | --- |
${rows.join('\n')}

## Example
\`\`\`yaml
${example.trimEnd()}
\`\`\`
`;
}

function fieldsOf({ path, schema }: FeatureField): readonly FeatureField[] {
  if (schema.items !== undefined) return fieldsOf({ path: `${path}[]`, schema: schema.items });
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({ path: path === '' ? name : `${path}.${name}`, schema: field }));
}

const allBelow = (field: FeatureField): readonly FeatureField[] => fieldsOf(field).flatMap((each) => [each, ...allBelow(each)]);

const rowOf = ({ path, schema }: FeatureField): string =>
  `| ${[`\`${path}\``, typeOf(schema), schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``, allowed(schema)].map(cell).join(' | ')} |`;

/** A bar ends a cell of a table, in code as well. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

const typeOf = ({ type, items, 'x-kubernetes-int-or-string': either }: JsonSchema): string => {
  if (items !== undefined) return `list of ${typeOf(items)}`;
  return either === true ? 'integer or string' : (type ?? 'any');
};

function allowed(schema: JsonSchema): string {
  const { enum: values, minimum, maximum, maxItems, maxLength, items } = schema;
  const expected = schema[EXPECTED];
  return [
    ...(values === undefined ? [] : [values.map((value) => `\`${String(value)}\``).join(', ')]),
    ...(expected === undefined ? [] : [expected]),
    ...(minimum === undefined && maximum === undefined ? [] : [`${minimum ?? ''}..${maximum ?? ''}`]),
    ...(maxLength === undefined ? [] : [`up to ${maxLength} characters`]),
    ...(maxItems === undefined ? [] : [`up to ${maxItems}`]),
    ...(items === undefined || isObject(items.properties)
      ? []
      : [allowed(items)].filter((text) => text !== '').map((text) => `each: ${text}`)),
  ].join('; ');
}
