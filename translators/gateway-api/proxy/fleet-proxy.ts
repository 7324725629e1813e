import type { Problem } from '../../ir/problem.ts';
import type { Settings } from '../../settings.ts';
import { CONFIGURED, type EffectiveProxy, effectiveProxy, type ProxyLevels } from './effective-proxy.ts';
import { proxyProblem } from './proxy-problem.ts';
import { invalidParameters } from './proxy-reference.ts';

/** How the proxies of a Gateway are run; `problem` is what no single object is to blame for. */
export type FleetProxy = EffectiveProxy;

/** Each object by itself was judged before; here is judged what they make together, and what the configuration gives. */
export function fleetProxy(levels: ProxyLevels, settings: Pick<Settings, 'controlPlane' | 'deploy'>): FleetProxy {
  const effective = effectiveProxy(levels);
  const { spec, from } = effective;
  const judged = from.length > 1 || from[0] === CONFIGURED;
  const problem = effective.problem ?? (judged ? proxyProblem(spec, settings) : undefined);
  return { spec, from, problem: problem && blaming(from, problem) };
}

const blaming = (from: readonly string[], { message }: Problem): Problem =>
  invalidParameters(`${from.join(' over ')} is not valid: ${message}`);
