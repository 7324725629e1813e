import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { Problem } from '../../ir/problem.ts';
import type { Settings } from '../../settings.ts';
import { effectiveProxy, type ProxyLevels, SPEC_WITHOUT_PROXY } from './effective-proxy.ts';
import { proxyProblem } from './proxy-problem.ts';
import { invalidProxy } from './proxy-reference.ts';

/** How the proxies of a Gateway are run. */
export interface FleetProxy {
  readonly spec: EnvoyProxySpec;
  /** Whom a message about it names: the objects that it was put together from, as `EnvoyProxy <ns>/<name>`. */
  readonly from: readonly string[];
  /** What no single object is to blame for: they do not go together. */
  readonly problem: Problem | undefined;
}

/** Each object by itself was judged before; here is judged what they make together, and what the configuration gives. */
export function fleetProxy(levels: ProxyLevels, controlPlane: Settings['controlPlane']): FleetProxy {
  const { gateway, gatewayClass, configured } = levels;
  const objects = [gateway, gatewayClass].flatMap((verdict) => (verdict === undefined ? [] : [verdict.key]));
  const effective = effectiveProxy(levels);
  if (!effective.ok) {
    const spec = gateway?.spec ?? gatewayClass?.spec ?? SPEC_WITHOUT_PROXY;
    return { spec, from: objects.map(named), problem: invalidProxy(objects.join(' over '), effective.problem) };
  }
  const { spec, isMerged } = effective.value;
  const problem = isMerged || spec === configured ? proxyProblem(spec, controlPlane) : undefined;
  return { spec, from: used(levels, spec, isMerged), problem: problem && { ...problem, message: blamed(objects, problem.message) } };
}

const named = (key: string): string => `EnvoyProxy ${key}`;
const CONFIGURED = 'envoyProxy of the EnvoyGateway configuration';

function used({ gateway, gatewayClass, configured }: ProxyLevels, spec: EnvoyProxySpec, isMerged: boolean): readonly string[] {
  const holds = (own: EnvoyProxySpec | undefined): boolean => own !== undefined && (isMerged || own === spec);
  return [
    ...[gateway, gatewayClass].flatMap((verdict) => (verdict !== undefined && holds(verdict.spec) ? [named(verdict.key)] : [])),
    ...(holds(configured) ? [CONFIGURED] : []),
  ];
}

const blamed = (objects: readonly string[], message: string): string =>
  objects.length === 0 ? `The ${CONFIGURED} is not valid: ${message}` : `EnvoyProxy ${objects.join(' over ')} is not valid: ${message}`;
