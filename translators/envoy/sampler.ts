import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import type { TypedExtensionConfigSchema } from '../../xds/proto/gen/envoy/config/core/v3/extension_pb.ts';
import { AlwaysOnSamplerConfigSchema } from '../../xds/proto/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/always_on_sampler_pb.ts';
import { CELSamplerConfigSchema } from '../../xds/proto/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/cel_sampler_pb.ts';
import { ParentBasedSamplerConfigSchema } from '../../xds/proto/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/parent_based_sampler_pb.ts';
import { TraceIdRatioBasedSamplerConfigSchema } from '../../xds/proto/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/trace_id_ratio_based_sampler_pb.ts';
import { FractionalPercent_DenominatorType } from '../../xds/proto/gen/envoy/type/v3/percent_pb.ts';
import type { Sampling, Share } from '../ir/tracing-node.ts';
import { type CelNode, call, callOn, celExpression, field, text, truth } from './cel.ts';
import type { MessageInit } from './message-init.ts';
import { pack } from './pack.ts';

type Sampler = MessageInit<typeof TypedExtensionConfigSchema>;

function sampler<Desc extends DescMessage>(name: string, schema: Desc, init?: MessageInitShape<Desc>): Sampler {
  return { name: `envoy.tracers.opentelemetry.samplers.${name}`, typedConfig: pack(schema, init) };
}

const ALWAYS_ON = sampler('always_on', AlwaysOnSamplerConfigSchema);

/**
 * Who decides. Envoy 1.40 asks the sampler about those requests only that `random_sampling` leaves, whatever their parents say [M]: where nobody
 * is followed that is the whole decision, by the ID of the request, which clients from outside cannot choose, as they can that of the trace.
 */
export function samplerOf(sampling: Sampling): Sampler {
  if (sampling.follows === 'nobody') return ALWAYS_ON;
  const { newTraces, parents } = sampling;
  if (!isAll(parents)) return sampler('cel', CELSamplerConfigSchema, { expression: celExpression(both(newTraces, parents)) });
  return sampler('parent_based', ParentBasedSamplerConfigSchema, { wrappedSampler: isAll(newTraces) ? ALWAYS_ON : ratioOf(newTraces) });
}

const isAll = ({ numerator, denominator }: Share): boolean => numerator === denominator;

const MILLION = 1_000_000;

/** The IDs of new traces are Envoy's own, and random. */
const ratioOf = (share: Share): Sampler =>
  sampler('trace_id_ratio_based', TraceIdRatioBasedSamplerConfigSchema, {
    samplingPercentage: { numerator: steps(share, MILLION), denominator: FractionalPercent_DenominatorType.MILLION },
  });

/** In steps of 0.01%, as Envoy counts. */
export const sharePercent = (share: Share): number => steps(share, 10_000) / 100;

/** A share that is not nothing is at least one step. */
const steps = ({ numerator, denominator }: Share, of: number): number =>
  numerator === 0 ? 0 : Math.max(1, Math.round((numerator / denominator) * of));

/** Flags of a traceparent are its last field of two digits; the lowest bit says that the parent is sampled (W3C Trace Context, 3.2.2.5). */
const SAMPLED = '-[0-9a-f][13579bdf](-|$)';

/**
 * No sampler of Envoy's takes a share of what parents decided: `parent_based` takes all, and `random_sampling` would take its share of new
 * traces too.
 */
function both(newTraces: Share, parents: Share): CelNode {
  const headers = field('request', 'headers');
  const parent = call('_[_]', headers, text('traceparent'));
  const follows = call('_&&_', callOn(parent, 'matches', text(SAMPLED)), chance(parents));
  return call('_?_:_', call('@in', text('traceparent'), headers), follows, chance(newTraces));
}

const ID_DIGITS = 8;

/** By the first digits of the request's ID (a random UUID). */
function chance(share: Share): CelNode {
  if (share.numerator === 0 || isAll(share)) return truth(share.numerator > 0);
  const limit = steps(share, 16 ** ID_DIGITS);
  return call('_<_', field('request', 'id'), text(limit.toString(16).padStart(ID_DIGITS, '0')));
}
