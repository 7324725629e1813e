import type { FieldError } from '../crds/admission.ts';
import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { admitConfiguration } from '../crds/validate.ts';
import { manifestText } from './standalone/manifest-text.ts';
import { readErrorText } from './standalone/system-error.ts';
import { YamlReader } from './standalone/yaml-documents.ts';

/** What the operator runs with when no file says otherwise. */
export const BUILT_IN = { apiVersion: 'gateway.envoyproxy.io/v1alpha1', kind: 'EnvoyGateway' };

/** A configuration and where it came from. */
export interface ConfigurationSource {
  /** Undefined: the built-in one. */
  readonly path: string | undefined;
  readonly text: string;
  /** Defaulted. */
  readonly configuration: EnvoyGateway;
}

/** Reads the EnvoyGateway configuration. Throws an Error in words for people, all that is wrong with it at once. */
export async function loadConfiguration(path: string | undefined): Promise<ConfigurationSource> {
  // JSON is YAML.
  const text = path === undefined ? JSON.stringify(BUILT_IN) : await readConfiguration(path);
  return { path, text, configuration: parseConfiguration(path ?? 'built-in configuration', text) };
}

/** `name`: what to call it in messages. Throws as `loadConfiguration` does. */
export function parseConfiguration(name: string, text: string): EnvoyGateway {
  const value = parseYaml(name, text);
  const admitted = admitConfiguration(value);
  const errors = judgeConfiguration(value);
  if (admitted.ok && errors.length === 0) return admitted.value;
  const lines = errors.map((error) => `  ${error.path === '' ? 'EnvoyGateway' : error.path}: ${error.message}`);
  throw new Error(`${name}: the configuration is not valid; mend and start again:\n${lines.join('\n')}`);
}

/** All that is wrong with a configuration; empty: the operator starts with it. */
export function judgeConfiguration(value: unknown): readonly FieldError[] {
  const admitted = admitConfiguration(value);
  return admitted.ok ? unbuilt(admitted.value) : admitted.errors;
}

/** What the schema knows and this release does not do is said, never passed over. */
function unbuilt({ provider: { type, custom } }: EnvoyGateway): readonly FieldError[] {
  if (type === 'Kubernetes' || custom === undefined) return [];
  if (custom.resource.type === 'File') {
    return [{ path: 'provider.custom.resource.type', message: 'File is not built yet; use `gatehouse run -f FILE`' }];
  }
  if (custom.infrastructure !== undefined) return [];
  return [{ path: 'provider.custom.infrastructure', message: 'to leave it out is not built yet; set infrastructure.type to Host' }];
}

async function readConfiguration(path: string): Promise<string> {
  return await manifestText(path).catch((error: unknown) => {
    throw new Error(`${path}: the configuration cannot be read (${readErrorText(error)}); check the path given by --config.`);
  });
}

function parseYaml(name: string, text: string): unknown {
  const { documents, problems } = new YamlReader().read(text);
  const [problem] = problems;
  if (problem !== undefined) throw new Error(`${name}: the configuration is no YAML: line ${problem.line}: ${problem.message}`);
  const [first, second] = documents;
  if (second !== undefined) throw new Error(`${name}: the configuration has to be one document; another begins on line ${second.line}.`);
  return first?.value ?? null;
}
