import { OpenTelemetryConfigSchema } from '../../xds/proto/gen/envoy/config/trace/v3/opentelemetry_pb.ts';
import type { HttpConnectionManager_TracingSchema } from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import type { CustomTagSchema } from '../../xds/proto/gen/envoy/type/tracing/v3/custom_tag_pb.ts';
import type { SpanAttribute, TracingNode } from '../ir/tracing-node.ts';
import { durationOf } from './duration.ts';
import type { MessageInit } from './message-init.ts';
import { pack } from './pack.ts';
import { samplerOf, sharePercent } from './sampler.ts';

/** OTLP's own (`OTEL_EXPORTER_OTLP_TIMEOUT`). */
const EXPORT_TIMEOUT = durationOf(10_000);

/**
 * How requests are traced. What clients say beside the headers of W3C Trace Context (`x-client-trace-id`) asks for nothing. One span a request: tries
 * have none of their own.
 */
export function buildTracing(node: TracingNode): MessageInit<typeof HttpConnectionManager_TracingSchema> {
  const { sampling, spanName, attributes, serviceName } = node;
  const config = pack(OpenTelemetryConfigSchema, { ...exporterOf(node), serviceName, sampler: samplerOf(sampling) });
  return {
    provider: { name: 'envoy.tracers.opentelemetry', configType: { case: 'typedConfig', value: config } },
    clientSampling: { value: 0 },
    randomSampling: { value: sampling.follows === 'nobody' ? sharePercent(sampling.requests) : 100 },
    ...(spanName === undefined ? {} : { operation: plain(spanName) }),
    customTags: attributes.map(customTag),
  };
}

function exporterOf({ collector, headers }: TracingNode): MessageInit<typeof OpenTelemetryConfigSchema> {
  const { cluster, authority, protocol } = collector;
  if (protocol === 'grpc') {
    const targetSpecifier = { case: 'envoyGrpc', value: { clusterName: cluster, authority } } as const;
    // Envoy parses a value as a format and sends it as it is written: one with `%` does not come here (`collector.ts`).
    const initialMetadata = headers.map(({ name, value }) => ({ key: name, value }));
    return { grpcService: { targetSpecifier, timeout: EXPORT_TIMEOUT, initialMetadata } };
  }
  const httpUri = {
    uri: `http://${authority}/v1/traces`,
    httpUpstreamType: { case: 'cluster', value: cluster } as const,
    timeout: EXPORT_TIMEOUT,
  };
  return {
    httpService: { httpUri, requestHeadersToAdd: headers.map(({ name, value }) => ({ header: { key: name, value: plain(value) } })) },
  };
}

/** To Envoy `%` starts an operator. */
const plain = (text: string): string => text.replaceAll('%', '%%');

function customTag({ name, source, value }: SpanAttribute): MessageInit<typeof CustomTagSchema> {
  switch (source) {
    case 'literal':
      return { tag: name, type: { case: 'literal', value: { value } } };
    case 'header':
      return { tag: name, type: { case: 'value', value: eitherHeader(value) } };
    case 'format':
      return { tag: name, type: { case: 'value', value } };
  }
}

/** Of a request, or else of its response; in an expression `%` would end it. */
function eitherHeader(name: string): string {
  const key = `"${name.replaceAll('%', '\\x25')}"`;
  return `%CEL(${key} in request.headers ? request.headers[${key}] : response.headers[${key}])%`;
}
