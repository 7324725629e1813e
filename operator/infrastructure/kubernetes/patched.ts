import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../../crds/json-schema.ts';
import type { Result } from '../../../translators/ir/result.ts';
import { ok, refused } from '../../../translators/ir/result.ts';
import { mergePatch } from '../../../translators/merge-patch.ts';
import type { FleetContext, Manifest } from './fleet-context.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

type Patched = 'envoyDeployment' | 'envoyDaemonSet' | 'envoyService' | 'envoyHpa' | 'envoyPDB';

/** What no patch may change: by these an object is found again, and pods belong to it. */
const IDENTITY = ['apiVersion', 'kind', 'metadata.name', 'metadata.namespace', 'spec.selector'] as const;

/** The object with the user's patch, which comes last (contract C.4). Refused where it would be another object, or nobody's. */
export function patched(context: FleetContext, field: Patched, manifest: Manifest): Result<Manifest> {
  const { infra, kubernetes } = context;
  const patch = kubernetes[field]?.patch;
  if (patch === undefined) return ok(manifest);
  const problem = (path: string, what: string) =>
    refused({
      type: 'Accepted',
      reason: 'InvalidParameters',
      message: `${infra.proxyFrom.join(' over ')} is not valid: Field spec.provider.kubernetes.${field}.patch.value${path}: ${what}.`,
    });
  if (!isObject(patch.value)) return problem('', 'must be an object with the fields to change');
  const result = patch.type === 'JSONMerge' ? mergePatch(manifest, patch.value) : strategicMergePatch(manifest, patch.value);
  const changed = IDENTITY.find((path) => !isDeepStrictEqual(at(result, path), at(manifest, path)));
  if (changed !== undefined) return problem(`.${changed}`, 'a patch cannot change what an object is found by; remove it');
  if (!keepsLabels(at(result, 'metadata.labels'), infra.selector)) {
    return problem('.metadata.labels', `a patch cannot change the labels ${Object.keys(infra.selector).join(', ')}; remove them from it`);
  }
  // What identifies a manifest is what it was before.
  return ok(result as Manifest);
}

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((within, name) => (isObject(within) ? within[name] : undefined), value);

const keepsLabels = (labels: unknown, ours: Readonly<Record<string, string>>): boolean =>
  isObject(labels) && Object.entries(ours).every(([name, value]) => labels[name] === value);
