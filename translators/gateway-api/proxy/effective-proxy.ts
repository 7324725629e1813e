import { type EnvoyProxySpec, envoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { validate } from '../../../crds/validate.ts';
import type { Problem } from '../../ir/problem.ts';
import { mergePatch } from '../../merge-patch.ts';
import type { ProxyVerdict } from './proxy-verdicts.ts';

/** What there is to say on how a fleet is run, most specific first. */
export interface ProxyLevels {
  readonly gateway: ProxyVerdict | undefined;
  readonly gatewayClass: ProxyVerdict | undefined;
  readonly configured: EnvoyProxySpec | undefined;
}

/** How a fleet is run, and by whose word. */
export interface EffectiveProxy {
  readonly spec: EnvoyProxySpec;
  /** Whom messages name, most specific first; empty: nobody has said anything. */
  readonly from: readonly string[];
  /** They do not go together; `spec` is then the most specific one. */
  readonly problem: Problem | undefined;
}

type MergeType = EnvoyProxySpec['mergeType'];

/** What the API server makes of an empty spec. */
export const SPEC_WITHOUT_PROXY: EnvoyProxySpec = { logging: { level: { default: 'warn' } } };

export const CONFIGURED = 'envoyProxy of the EnvoyGateway configuration';

/**
 * How a fleet is run (contract B.3). The Gateway's `mergeType` says how its spec goes together with the class's; the class's, or else the
 * Gateway's, how that goes together with the configuration's. Without one the more specific spec holds alone. Lists are replaced as a whole.
 */
export function effectiveProxy({ gateway, gatewayClass, configured }: ProxyLevels): EffectiveProxy {
  const own = over(levelOf(gatewayClass), levelOf(gateway), gateway?.spec.mergeType);
  const base = configured && { spec: configured, from: [CONFIGURED], problem: undefined };
  const whole = over(base, own, gatewayClass?.spec.mergeType ?? gateway?.spec.mergeType);
  return whole ?? { spec: SPEC_WITHOUT_PROXY, from: [], problem: undefined };
}

const levelOf = (verdict: ProxyVerdict | undefined): EffectiveProxy | undefined =>
  verdict && { spec: verdict.spec, from: [`EnvoyProxy ${verdict.key}`], problem: undefined };

function over(base: EffectiveProxy | undefined, own: EffectiveProxy | undefined, mergeType: MergeType): EffectiveProxy | undefined {
  if (base === undefined || own === undefined) return own ?? base;
  if (mergeType === undefined || mergeType === 'Replace') return own;
  const from = [...own.from, ...base.from];
  const admitted = validate(envoyProxySpec, mergePatch(base.spec, own.spec), { unknownFields: 'prune' });
  if (admitted.ok) return { spec: admitted.value, from, problem: own.problem };
  const errors = admitted.errors.map(({ path, message }) => `${path === '' ? 'spec' : `spec.${path}`}: ${message}`);
  return { spec: own.spec, from, problem: { type: 'Accepted', reason: 'InvalidParameters', message: `Field ${errors.join('; ')}.` } };
}
