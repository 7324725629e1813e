import type { EnvoyProxySpec } from '../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { fieldsWithoutEffect } from '../../translators/gateway-api/proxy/without-effect.ts';
import type { Finding, FindingObject } from './finding.ts';

interface Loss {
  readonly effect: string;
  readonly cure?: string;
}

/** Fields whose absence takes something away that somebody relies on. All others only make a difference. */
const LOSSES: Readonly<Record<string, Loss>> = {
  'spec.backendTLS': { effect: 'backends are not shown the client certificate' },
  'spec.dynamicModules': { effect: 'no module is loaded' },
  'spec.geoIP': { effect: 'requests are told no place' },
  'spec.mergeGateways': {
    effect: 'each Gateway gets proxies, a Service and an address of its own, and the shared ones are taken away',
    cure: 'Stay with Envoy Gateway until Gatehouse has it, or take the Gateways apart before (mergeGateways: false) and move DNS to the new addresses.',
  },
  'spec.telemetry.accessLog.settings': { effect: 'access logs go to standard output in the default format, and to no other sink' },
  'spec.telemetry.metrics.sinks': { effect: 'metrics are pushed nowhere; Prometheus can fetch them as before' },
  'spec.telemetry.tracing': { effect: 'no request is traced' },
};

const CURE = 'Do without it, or stay with Envoy Gateway until Gatehouse has it.';

/**
 * What of the way proxies are run Gatehouse takes and does nothing about.
 * @param within where the spec stands, where it is not an object of its own
 */
export const proxyFindings = (spec: EnvoyProxySpec, object: FindingObject, within = ''): readonly Finding[] =>
  fieldsWithoutEffect(spec, false).map((field): Finding => {
    const loss = LOSSES[field];
    const path = within === '' ? field : field.replace(/^spec/, within);
    return {
      severity: loss === undefined ? 'differs' : 'stops',
      code: field === 'spec.mergeGateways' ? 'MergedGateways' : 'FieldIgnored',
      object,
      field: path,
      message: `The field is taken and has no effect yet${loss === undefined ? '' : `: ${loss.effect}`}.`,
      cure: loss?.cure ?? CURE,
    };
  });
