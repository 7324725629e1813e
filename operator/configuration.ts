import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { FieldError } from '../crds/admission.ts';
import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { admitConfiguration } from '../crds/validate.ts';

/** What the operator runs with when no file says otherwise. */
const BUILT_IN = { apiVersion: 'gateway.envoyproxy.io/v1alpha1', kind: 'EnvoyGateway' };

/** Reads the EnvoyGateway configuration, defaulted. Throws an Error in words for people, all that is wrong with it at once. */
export async function loadConfiguration(path: string | undefined): Promise<EnvoyGateway> {
  const name = path ?? 'built-in configuration';
  const admitted = admitConfiguration(path === undefined ? BUILT_IN : await readConfiguration(path));
  const errors = admitted.ok ? unbuilt(admitted.value) : admitted.errors;
  if (admitted.ok && errors.length === 0) return admitted.value;
  const lines = errors.map((error) => `  ${error.path === '' ? 'EnvoyGateway' : error.path}: ${error.message}`);
  throw new Error(`${name}: the configuration is not valid; mend and start again:\n${lines.join('\n')}`);
}

/** What the schema knows and this release does not do is said, never passed over. */
function unbuilt({ provider: { type, custom } }: EnvoyGateway): readonly FieldError[] {
  if (type !== 'Custom' || custom === undefined) {
    const cure = 'use type Custom with infrastructure.type Host, as in examples/operator-host.yaml';
    return [{ path: 'provider.type', message: `Kubernetes is not built yet; ${cure}` }];
  }
  if (custom.resource.type === 'File') {
    return [{ path: 'provider.custom.resource.type', message: 'File is not built yet; use `gatehouse run -f FILE`' }];
  }
  if (custom.infrastructure !== undefined) return [];
  return [{ path: 'provider.custom.infrastructure', message: 'to leave it out is not built yet; set infrastructure.type to Host' }];
}

async function readConfiguration(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`${path}: the configuration cannot be read (${String(error)}); check the path given by --config.`);
  });
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`${path}: the configuration is no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}
