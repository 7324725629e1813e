import type { Fraction } from '../../../crds/gateway-api/fraction.ts';
import type { TelemetryTracing, TracingProvider, XTelemetryPolicy } from '../../../crds/gateway-api/x-telemetry-policy.ts';
import type { Problem } from '../../ir/problem.ts';
import { ok, type Result, refused } from '../../ir/result.ts';
import type { Sampling, Share, TracingNode } from '../../ir/tracing-node.ts';
import { spanAttributes } from './span-attributes.ts';

/** What a policy says by itself, whoever it is for and wherever its backend is. */
export interface TracingSettings extends Pick<TracingNode, 'headers' | 'spanName' | 'sampling' | 'attributes'> {
  readonly serviceName?: string;
}

const FIELD = 'spec.tracing';
export const BACKEND_FIELD = `${FIELD}.provider.backendRef`;
export const HEADERS_FIELD = `${FIELD}.provider.headers`;

/** Undefined: the policy asks for no traces. */
export const providerOf = ({ spec: { tracing } }: XTelemetryPolicy): TracingProvider | undefined =>
  tracing?.mode === 'Enabled' ? tracing.provider : undefined;

/** Undefined: the policy asks for no traces. Refused: it is no good, and has no effect at all. */
export function tracingSettings(policy: XTelemetryPolicy): Result<TracingSettings | undefined> {
  const { tracing } = policy.spec;
  const provider = providerOf(policy);
  if (tracing === undefined || provider === undefined) return ok(undefined);
  const { headers = [] } = provider;
  const reserved = headers.findIndex(({ name }) => RESERVED.test(name));
  if (reserved >= 0) return refused(reservedHeader(`${HEADERS_FIELD}[${reserved}].name`, headers[reserved]?.name ?? ''));
  const attributes = spanAttributes(tracing.attributes ?? [], `${FIELD}.attributes`);
  if (!attributes.ok) return attributes;
  const { serviceName, spanName } = tracing;
  return ok({
    headers,
    attributes: attributes.value,
    sampling: samplingOf(tracing),
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(spanName === undefined ? {} : { spanName }),
  });
}

/** What an export is made of itself (HTTP, gRPC): Envoy refuses a listener with a Host, and the rest would break every export. */
const RESERVED =
  /^(host|content-(length|type|encoding)|transfer-encoding|te|trailer|connection|keep-alive|proxy-connection|upgrade|grpc-.*)$/i;

const reservedHeader = (field: string, name: string): Problem => ({
  type: 'Accepted',
  reason: 'Invalid',
  message: `Field ${field} is ${name}, which belongs to the exports themselves; remove it, or use another header.`,
});

/** All, which the specification leaves to implementations: who asks for traces gets them. */
const ALL: Share = { numerator: 1, denominator: 1 };

/** Respects parents unless it is told not to, as OpenTelemetry's own default does (`parentbased_always_on`). */
function samplingOf({ samplingRate, parentBasedSampling }: TelemetryTracing): Sampling {
  const newTraces = shareOf(samplingRate);
  if (parentBasedSampling?.mode === 'Disabled') return { follows: 'nobody', requests: newTraces };
  return { follows: 'parent', newTraces, parents: shareOf(parentBasedSampling?.samplingRate) };
}

const shareOf = (fraction: Fraction | undefined): Share => fraction ?? ALL;
