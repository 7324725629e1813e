import { stringify } from 'yaml';
import { jsonSchema } from './json-schema.ts';
import { KINDS } from './kinds.ts';
import { customResourceDefinition } from './structural-schema.ts';

/** The CustomResourceDefinitions that Gatehouse publishes. */
export const customResourceDefinitions = (): readonly object[] =>
  KINDS.flatMap((kind) =>
    kind.publication === undefined ? [] : [customResourceDefinition(kind, jsonSchema(kind.schema), kind.publication)],
  );

/**
 * All of them as one YAML stream, ready for `kubectl apply --server-side -f -`; each document starts with `---`. Written as YAML 1.1,
 * which is what kubectl reads: there a bare `off` is a boolean.
 */
export const printCrds = (): string =>
  customResourceDefinitions()
    .map((definition) => `---\n${stringify(definition, { aliasDuplicateObjects: false, lineWidth: 0, version: '1.1' })}`)
    .join('');
