import { type EnvoyProxySpec, envoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { validate } from '../../../crds/validate.ts';
import type { Result } from '../../ir/result.ts';
import { ok, refused } from '../../ir/result.ts';
import { mergePatch } from '../../merge-patch.ts';
import type { ProxyVerdict } from './proxy-verdicts.ts';

/** What there is to say on how a fleet is run, most specific first. */
export interface ProxyLevels {
  readonly gateway: ProxyVerdict | undefined;
  readonly gatewayClass: ProxyVerdict | undefined;
  readonly configured: EnvoyProxySpec | undefined;
}

/** A spec, and whether it was put together from several and so has to be judged anew. */
interface Level {
  readonly spec: EnvoyProxySpec;
  readonly isMerged: boolean;
}

type MergeType = EnvoyProxySpec['mergeType'];

/** What the API server makes of an empty spec. */
export const SPEC_WITHOUT_PROXY: EnvoyProxySpec = { logging: { level: { default: 'warn' } } };

/**
 * How a fleet is run (contract B.3). The Gateway's `mergeType` says how its spec goes together with the class's; the class's, or else the
 * Gateway's, how that goes together with the configuration's. Without one the more specific spec holds alone. Lists are replaced as a whole.
 */
export function effectiveProxy({ gateway, gatewayClass, configured }: ProxyLevels): Result<Level> {
  const ofClass = gatewayClass && { spec: gatewayClass.spec, isMerged: false };
  const own = over(ofClass, gateway && { spec: gateway.spec, isMerged: false }, gateway?.spec.mergeType);
  const base = configured && { spec: configured, isMerged: false };
  const whole = own.ok ? over(base, own.value, gatewayClass?.spec.mergeType ?? gateway?.spec.mergeType) : own;
  return whole.ok ? ok(whole.value ?? { spec: SPEC_WITHOUT_PROXY, isMerged: false }) : whole;
}

function over(base: Level | undefined, own: Level | undefined, mergeType: MergeType): Result<Level | undefined> {
  if (base === undefined || own === undefined) return ok(own ?? base);
  if (mergeType === undefined || mergeType === 'Replace') return ok(own);
  const admitted = validate(envoyProxySpec, mergePatch(base.spec, own.spec), { unknownFields: 'prune' });
  if (admitted.ok) return ok({ spec: admitted.value, isMerged: true });
  const errors = admitted.errors.map(({ path, message }) => `${path === '' ? 'spec' : `spec.${path}`}: ${message}`);
  return refused({ type: 'Accepted', reason: 'InvalidParameters', message: `Field ${errors.join('; ')}.` });
}
