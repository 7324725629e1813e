import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { envoyGatewayCrds, gatewayApiCrds, newerGatewayApiCrds } from '../e2e/harness/gateway-api-crds.ts';
import { fieldOf } from './field-path.ts';
import { isObject, type JsonSchema, jsonSchema } from './json-schema.ts';
import { KINDS, type Kind } from './kinds.ts';
import { customResourceDefinitions } from './print-crds.ts';
import { structuralSchema } from './structural-schema.ts';

/** A CustomResourceDefinition as far as it is compared. */
interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string; readonly shortNames?: readonly string[] };
    readonly scope: string;
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: JsonSchema };
    }[];
  };
}

/** Upstream's files; Envoy Gateway's are Helm templates with one condition around the whole. */
const definitionsIn = async (files: readonly string[]): Promise<readonly Definition[]> => {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const documents = texts.flatMap((text) => parseAllDocuments(text.replaceAll(/^\{\{.*\}\}$/gm, '')).map((document) => document.toJS()));
  return documents.filter((document) => document?.kind === 'CustomResourceDefinition');
};

/** Facts that are told in a way of their own, or that do not decide which objects are valid. */
const TOLD = new Set(['properties', 'items', 'additionalProperties', 'required', 'x-kubernetes-validations', 'description', 'allOf']);

/** With keys in one order, and lists of enum values too. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered);
  return isObject(value)
    ? Object.fromEntries(
        Object.entries(value)
          .toSorted()
          .map(([key, part]) => [key, ordered(part)]),
      )
    : value;
};

/** Where `allOf` repeats a keyword, the last one is the tightest: upstream's quantities and doubled enums are like that. */
const keywordFacts = (schema: JsonSchema & { readonly allOf?: readonly object[] }): string => {
  const merged = Object.assign({ ...schema }, ...(schema.allOf ?? []));
  return Object.keys(merged)
    .filter((key) => !TOLD.has(key))
    .toSorted()
    .map((key) => `${key}=${JSON.stringify(key === 'enum' ? merged[key].toSorted() : ordered(merged[key]))}`)
    .join(' ');
};

/** One line for each field and each rule. A required field with a default can never be missing, so that it does not count as required. */
const facts = function* (schema: JsonSchema, path = ''): Iterable<string> {
  yield `${path}: ${keywordFacts(schema)}`;
  for (const { rule, message } of schema['x-kubernetes-validations'] ?? []) yield `${path} rule ${rule.trim()} => ${message}`;
  const required = (schema.required ?? []).filter((name) => schema.properties?.[name]?.default === undefined);
  for (const name of required) yield `${fieldOf(path, name)} is required`;
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* facts(property, fieldOf(path, name));
  if (schema.items !== undefined) yield* facts(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* facts(schema.additionalProperties, `${path}{}`);
};

/** `-` is upstream's alone, `+` ours alone. */
const difference = (upstream: JsonSchema, ours: JsonSchema, isCompared: (fact: string) => boolean = () => true): readonly string[] => {
  const theirs = new Set(facts(upstream));
  const own = new Set(facts(ours));
  return [
    ...[...theirs].filter((fact) => !own.has(fact)).map((fact) => `- ${fact}`),
    ...[...own].filter((fact) => !theirs.has(fact)).map((fact) => `+ ${fact}`),
  ].filter((line) => isCompared(line.slice(2)));
};

const publishedSchema = (kind: Kind): JsonSchema => structuralSchema(jsonSchema(kind.schema));

/** Versions that are served for old objects and have a shape of their own; the API server converts them. */
const OTHER_SHAPES: Readonly<Record<string, string>> = { TLSRoute: 'v1alpha2', TCPRoute: 'v1alpha2', UDPRoute: 'v1alpha2' };

/** Session persistence has two shapes, of which each version knows one, and retries may be none since v1.7.0. */
const BOTH_SHAPES = [/ .*\.retry\.attempts: /, /^[-+] .*\.sessionPersistence rule /];

/** Both versions, and in which lines of `difference` ours, which lets through what either does, is apart from them. */
const GATEWAY_API = [
  {
    version: 'v1.6.3',
    crds: gatewayApiCrds,
    apart: [
      ...BOTH_SHAPES,
      /^\+ .*\.sessionPersistence\.(cookie|header)\b(?!Config)/,
      /^\+ (spec|status)\.addresses\[\]\.routability\b/,
      /^\+ spec\.listeners\[\]( rule !has\(self\.filters\)|\.filters\b)/,
    ],
  },
  {
    version: 'v1.7.0',
    crds: newerGatewayApiCrds,
    apart: [
      ...BOTH_SHAPES,
      /^\+ .*\.sessionPersistence\.(cookieConfig|sessionName)\b/,
      // What v1.6.3 lets through: a wrong kind of backend is told in the status.
      /^- .* rule \(self\.group == 'gateway\.networking\.x-k8s\.io' /,
      /^[-+] .*\.forwardBody\.maxSize: /,
      /^[-+] spec\.validation rule /,
      /^[-+] spec\.validation\.caCertificateRefs: /,
      /^[-+] spec\.controllerName rule self == oldSelf /,
      // The same in other words.
      /^[-+] (spec|status)\.addresses\[\]\.routability rule /,
      /^- .*\.caCertificateRefs rule self\.all\(r, !\(r\.group == 'certificates\.k8s\.io' /,
    ],
  },
];

/** Of the two lists of its status each version has one. What only v1.7.0 refuses, routes say; names of ports and keys of labels are the same in other words. */
const XBACKEND = [
  /^\+ status\.(ancestors|parents)\b/,
  /^[-+] spec\.port\b/,
  /^[-+] spec\.(protocol|type): /,
  /^\+ spec( rule (self\.type == 'EndpointSelector'|has\(self\.sessionPersistence\))|\.(endpointSelector|sessionPersistence)\b)/,
  /^- spec rule !has\(self\.protocol\)/,
  /^[-+] spec\.endpointSelector\.matchLabels rule /,
  /^[-+] spec\.tls: /,
  /^- spec\.tls rule self\.mode == 'None'/,
  /^[-+] spec\.tls\.validation(\.caCertificateRefs:| rule)/,
];

/** Kinds that are new in v1.7.0. */
const NEW_KINDS = new Set(['XTelemetryPolicy']);

describe.each(GATEWAY_API)('Gateway API $version, experimental channel', ({ version: release, crds, apart }) => {
  const isKnown = (kind: string): boolean => release !== 'v1.6.3' || !NEW_KINDS.has(kind);
  test.each(KINDS.filter(({ group, kind }) => /^gateway\.networking\.(x-)?k8s\.io$/.test(group) && isKnown(kind)))(
    '$kind is what upstream says it is',
    async (kind) => {
      const definitions = await definitionsIn(await crds('experimental'));
      const upstream = definitions.find(({ spec }) => spec.names.kind === kind.kind)?.spec;
      expect(upstream).toMatchObject({
        group: kind.group,
        names: { plural: kind.plural },
        scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      });
      const served = (upstream?.versions ?? []).filter((version) => version.served && OTHER_SHAPES[kind.kind] !== version.name);
      expect(served.map(({ name }) => name)).toEqual(kind.versions);
      for (const version of served) {
        const differences = difference(version.schema.openAPIV3Schema, publishedSchema(kind));
        expect(
          differences.filter((line) => ![...apart, ...(kind.kind === 'XBackend' ? XBACKEND : [])].some((pattern) => pattern.test(line))),
        ).toEqual([]);
      }
    },
  );
});

describe('Envoy Gateway', () => {
  /** Kubernetes' own shapes: ours let everything through, so that whatever upstream says of their insides is allowed. */
  const isOpen = (schema: JsonSchema): Set<string> =>
    new Set(
      [...facts(schema)]
        .filter((fact) => fact.includes('x-kubernetes-preserve-unknown-fields') && fact.includes('"object"'))
        .map((fact) => fact.slice(0, fact.indexOf(':'))),
    );

  test.each(KINDS.filter((kind) => kind.ours))('$kind is what upstream says it is', async (kind) => {
    const definitions = await definitionsIn(await envoyGatewayCrds());
    const upstream = definitions.find(({ spec }) => spec.names.kind === kind.kind)?.spec;
    const ours = customResourceDefinitions()
      .map((definition) => definition as Definition)
      .find(({ spec }) => spec.names.kind === kind.kind)?.spec;
    expect({ ...ours?.names, group: ours?.group, scope: ours?.scope }).toEqual({
      ...upstream?.names,
      group: upstream?.group,
      scope: upstream?.scope,
    });
    const open = [...isOpen(publishedSchema(kind))];
    expect(open.length).toBeGreaterThan(0);
    const isCompared = (fact: string): boolean => !open.some((path) => fact.startsWith(path));
    const [version] = upstream?.versions ?? [];
    expect(difference(version?.schema.openAPIV3Schema ?? {}, publishedSchema(kind), isCompared)).toEqual([]);
  });
});
