import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { stepReport } from '../../operator/standalone/binaries/step-report.ts';
import { ensureHelm } from '../harness/assets/helm-binary.ts';

export const CHARTS = join(import.meta.dirname, '../../charts');

export const RELEASE = 'gh';
export const HOME = 'envoy-gateway-system';

/** Values as a person writes them into a file. */
export type Values = Readonly<Record<string, unknown>>;

export interface HelmCall {
  readonly values?: Values;
  readonly chart?: 'gatehouse' | 'gatehouse-crds';
  readonly namespace?: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs `helm <verb> [release] <chart>`. Rejects with what Helm says. */
export async function helm(verb: 'template' | 'lint' | 'install' | 'upgrade', call: HelmCall = {}): Promise<string> {
  const { values = {}, chart = 'gatehouse', namespace = HOME, args = [], env = process.env } = call;
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-values-'));
  try {
    const file = join(folder, 'values.yaml');
    writeFileSync(file, stringify(values));
    const release = verb === 'lint' ? [] : [RELEASE];
    return await runHelm([verb, ...release, join(CHARTS, chart), '--namespace', namespace, '--values', file, ...args], env);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function runHelm(args: readonly string[], env = process.env): Promise<string> {
  const { ok, stdout, reason } = await runCommand(await ensureHelm(stepReport(process.stderr)), args, { env });
  if (!ok) throw new Error(`helm ${args[0]}: ${reason}\n${stdout}`);
  return stdout;
}

/** What would be installed, hooks included, in Helm's order. */
export async function rendered(call: HelmCall = {}): Promise<readonly KubernetesObject[]> {
  return objectsOf(await helm('template', call));
}

/** Documents of a YAML stream that are not empty. */
export const objectsOf = (text: string): readonly KubernetesObject[] =>
  parseAllDocuments(text, { version: '1.1' })
    .map((document): unknown => document.toJS())
    .filter((object): object is KubernetesObject => object !== null);

/** The one object of a kind and name. */
export function found(objects: readonly KubernetesObject[], kind: string, name = 'envoy-gateway'): KubernetesObject {
  const all = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  const [first] = all;
  if (first === undefined || all.length > 1) throw new Error(`there are ${all.length} ${kind} ${name}`);
  return first;
}
