import type { HTTPRequestMirrorFilter } from '../../../crds/gateway-api/http-route-filter.ts';
import { FractionalPercent_DenominatorType } from '../../../xds/proto/gen/envoy/type/v3/percent_pb.ts';
import { ok, type Result } from '../../ir/result.ts';
import { defineFeature, type Lookup } from '../policy-feature.ts';

interface RequestMirror {
  readonly cluster: string;
  /** Of a million requests; absent: all. */
  readonly perMillion?: number;
}

/** HTTPRoute and GRPCRoute filter RequestMirror (extended). Nobody waits for a mirror: without it requests are served all the same. */
export const requestMirror = defineFeature<HTTPRequestMirrorFilter, RequestMirror>({
  owner: 'HTTPRoute',
  sharedWith: ['GRPCRoute'],
  field: 'requestMirror',
  doc: 'Sends a copy of the requests, or of a share of them, to a second backend and ignores its answers.',
  repeatable: true,
  whenRefused: 'skip',
  resolve,
  emits: {
    route: ({ cluster, perMillion }) => ({
      mirrors: [
        {
          cluster,
          disableShadowHostSuffixAppend: true,
          ...(perMillion === undefined
            ? {}
            : { runtimeFraction: { defaultValue: { numerator: perMillion, denominator: FractionalPercent_DenominatorType.MILLION } } }),
        },
      ],
    }),
  },
});

function resolve(spec: HTTPRequestMirrorFilter, lookup: Lookup): Result<RequestMirror> {
  const backend = lookup.backend(spec.backendRef);
  if (!backend.ok) return backend;
  const perMillion = perMillionOf(spec);
  return ok({ cluster: backend.value.cluster, ...(perMillion === undefined ? {} : { perMillion }) });
}

function perMillionOf({ percent, fraction }: HTTPRequestMirrorFilter): number | undefined {
  if (percent !== undefined) return percent * 10_000;
  return fraction === undefined ? undefined : Math.round((fraction.numerator / fraction.denominator) * 1_000_000);
}
