import type { FeatureOwner } from '../features/policy-feature.ts';

/** What `make feature` writes: the paths are relative to `translators/features/`. */
export interface FeatureSkeleton {
  readonly files: Readonly<Record<string, string>>;
  /** The registry with the feature in it. */
  readonly registry: string;
}

const LIST_END = '\n];\n';
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** A feature that refuses its field, with a case that fails until it is made. Throws if the name is taken or is not in kebab-case. */
export function featureSkeleton(name: string, owner: FeatureOwner, registry: string): FeatureSkeleton {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is not a name in kebab-case, such as request-mirror`);
  if (registry.includes(`'./${name}/`)) throw new Error(`${name} is in the registry already`);
  return {
    files: { [`${name}/${name}.ts`]: sourceOf(name, owner), [`${name}/cases/${name}.yaml`]: caseOf(name) },
    registry: withFeature(name, registry),
  };
}

export const camelCase = (name: string): string => name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const pascalCase = (name: string): string => camelCase(`-${name}`);

/** The import goes where the formatter would put it: by path. The feature goes last; its filter's place is a decision of whoever makes it. */
function withFeature(name: string, registry: string): string {
  const line = `import { ${camelCase(name)} } from './${name}/${name}.ts';`;
  const lines = registry.split('\n');
  const following = lines.findIndex((other) => (other.match(/^import .* from '(\.\/.*)';$/)?.[1] ?? '') > `./${name}/`);
  const at = following === -1 ? lines.findLastIndex((other) => other.startsWith('import ')) + 1 : following;
  const imported = lines.toSpliced(at, 0, line).join('\n');
  const end = imported.indexOf(LIST_END);
  if (end === -1) throw new Error('registry.ts has no list of features');
  return `${imported.slice(0, end)}\n  ${camelCase(name)},${imported.slice(end)}`;
}

const sourceOf = (name: string, owner: FeatureOwner): string => `import { refused } from '../../ir/result.ts';
import { defineFeature } from '../policy-feature.ts';
import { unsupportedValue } from '../unsupported.ts';

/** ${owner} ${camelCase(name)}. TODO: name the section of the specification that it follows. */
export const ${camelCase(name)} = defineFeature<object, object>({
  owner: '${owner}',
  field: '${camelCase(name)}',
  doc: 'TODO: what it does, for users, in a sentence or two.',
  resolve: (_spec, { field }) => refused(unsupportedValue(\`Field \${field} is not supported yet. Remove it.\`)),
  emits: {},
});
`;

const caseOf = (name: string): string => `# TODO: say in a line what this case shows.
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: case, namespace: default, creationTimestamp: '2026-01-02T00:00:00Z' }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [case.example.com]
  rules:
    - filters:
        - type: ${pascalCase(name)}
          ${camelCase(name)}: {}
      backendRefs: [{ name: one, port: 8080 }]
---
# expect: status
TODO: write the feature, then let \`make golden\` fill this in and read what it wrote
`;
