import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { isObject } from '../../../crds/json-schema.ts';
import { LOG_COMPONENTS } from '../../envoy/log-components.ts';
import type { Problem } from '../../ir/problem.ts';
import type { Settings } from '../../settings.ts';
import { bootstrapProblem } from './bootstrap-problem.ts';

/** Why the proxies of an EnvoyProxy could not run, or would not be the proxies of their fleet; undefined: nothing is wrong. */
export function proxyProblem(
  spec: EnvoyProxySpec,
  { controlPlane, deploy }: Pick<Settings, 'controlPlane' | 'deploy'>,
): Problem | undefined {
  const message =
    mergeProblem(spec, deploy) ?? logProblem(spec) ?? argumentProblem(spec) ?? patchProblem(spec) ?? bootstrapProblem(spec, controlPlane);
  return message === undefined ? undefined : { type: 'Accepted', reason: 'InvalidParameters', message: `Field ${message}` };
}

/** Proxies that serve Gateways of several namespaces are in none of these. */
function mergeProblem({ mergeGateways }: EnvoyProxySpec, deploy: Settings['deploy']): string | undefined {
  if (mergeGateways !== true || deploy !== 'GatewayNamespace') return undefined;
  return "spec.mergeGateways: the controller runs the proxies of each Gateway in the Gateway's namespace (deploy type GatewayNamespace), so they cannot be merged; remove it, or use the deploy type ControllerNamespace.";
}

/** Envoy does not start with a component that it does not have. */
function logProblem({ logging }: EnvoyProxySpec): string | undefined {
  const unknown = Object.keys(logging.level).find((component) => component !== 'default' && !LOG_COMPONENTS.has(component));
  if (unknown === undefined) return undefined;
  return `spec.logging.level: Envoy's log has no component ${unknown}; use default, or one that Envoy has, such as main, router, http or upstream.`;
}

/** Flags that say who the proxy is and whom it listens to, or that Envoy would find twice. */
const OURS = ['service-cluster', 'service-node', 'config-yaml', 'log-level', 'component-log-level', 'drain-strategy', 'drain-time-s'];

function argumentProblem({ concurrency, extraArgs = [] }: EnvoyProxySpec): string | undefined {
  if (concurrency !== undefined && concurrency < 1) return `spec.concurrency: ${concurrency} is too few; give 1 or more worker threads.`;
  const ours = new Set(concurrency === undefined ? OURS : [...OURS, 'concurrency']);
  const index = extraArgs.findIndex((argument) => ours.has(/^--([a-z-]+)/.exec(argument)?.[1] ?? ''));
  if (index < 0) return undefined;
  return `spec.extraArgs[${index}]: ${extraArgs[index]} is set by Gatehouse; use the field of EnvoyProxy that stands for it, or remove it.`;
}

const PATCHED = ['envoyDeployment', 'envoyDaemonSet', 'envoyService', 'envoyHpa', 'envoyPDB'] as const;
const PATCH_TYPES: ReadonlySet<unknown> = new Set([undefined, 'StrategicMerge', 'JSONMerge']);

/** What a patch may not touch: by these the object is found again, and its pods are told apart from others. */
const IDENTITY: readonly (readonly string[])[] = [
  ['apiVersion'],
  ['kind'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['spec', 'selector'],
  ...['name', 'component', 'managed-by'].map((label) => ['metadata', 'labels', `app.kubernetes.io/${label}`]),
  ...['name', 'namespace'].map((label) => ['metadata', 'labels', `gateway.envoyproxy.io/owning-gateway-${label}`]),
];

function patchProblem({ provider }: EnvoyProxySpec): string | undefined {
  for (const field of PATCHED) {
    const patch = provider?.kubernetes?.[field]?.patch;
    const problem = patch && problemOfPatch(patch);
    if (problem !== undefined) return `spec.provider.kubernetes.${field}.patch${problem}`;
  }
  return undefined;
}

function problemOfPatch({ type, value }: { readonly type?: string; readonly value: unknown }): string | undefined {
  if (!PATCH_TYPES.has(type)) return `.type: ${type} is no kind of patch; use StrategicMerge or JSONMerge.`;
  if (!isObject(value)) return '.value: must be an object with the fields to change.';
  const touched = IDENTITY.find((path) => has(value, path))?.join('.');
  if (touched === undefined) return undefined;
  const cure = touched === 'metadata.name' ? 'use the field name beside the patch' : 'remove it';
  return `.value.${touched}: a patch cannot change what an object is found by; ${cure}.`;
}

function has(value: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  return isObject(value) && Object.hasOwn(value, first) && has(value[first], rest);
}
