import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvoyGateway } from '../../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { loadConfiguration } from '../../operator/configuration.ts';
import { found } from './helm.ts';

interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly securityContext?: object;
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
}

/** Of a pod template what the tests look at. */
export interface PodTemplate {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly volumes?: readonly object[];
    readonly imagePullSecrets?: readonly object[];
  };
}

/** Of a Deployment or Job. */
export const podOf = ({ spec }: KubernetesObject): PodTemplate => (spec as { readonly template: PodTemplate }).template; // by its kind

/** The configuration that a chart renders, as the operator reads it. Rejects as the operator does. */
export async function configurationOf(objects: readonly KubernetesObject[]): Promise<EnvoyGateway> {
  const { data } = found(objects, 'ConfigMap', 'envoy-gateway-config') as KubernetesObject & { data: Record<string, string> }; // by its kind
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-configuration-'));
  try {
    const file = join(folder, 'envoy-gateway.yaml');
    await writeFile(file, data['envoy-gateway.yaml'] ?? '');
    return (await loadConfiguration(file)).configuration;
  } finally {
    await rm(folder, { recursive: true });
  }
}
