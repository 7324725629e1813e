import { createServer, type IncomingMessage } from 'node:http';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { listenOnLoopback } from './loopback.ts';

/** OTLP's JSON, as far as tests look (opentelemetry.proto). */
export interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code?: number; readonly message?: string };
}

export interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number; readonly doubleValue?: number };
}

export interface OtlpPoint {
  readonly attributes: readonly OtlpAttribute[];
  readonly asDouble?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly explicitBounds?: readonly number[];
}

interface OtlpPoints {
  readonly dataPoints: readonly OtlpPoint[];
  readonly isMonotonic?: boolean;
}

export interface OtlpMetric {
  readonly name: string;
  readonly sum?: OtlpPoints;
  readonly gauge?: OtlpPoints;
  readonly histogram?: OtlpPoints;
}

interface Resource {
  readonly attributes: readonly OtlpAttribute[];
}

interface OtlpRequest {
  readonly resourceMetrics?: readonly {
    readonly resource: Resource;
    readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
  }[];
  readonly resourceSpans?: readonly {
    readonly resource: Resource;
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** What was sent to it, in the order of its coming. */
export interface HttpCollector {
  readonly port: number;
  metrics(): readonly OtlpMetric[];
  spans(): readonly OtlpSpan[];
  resources(): readonly Resource[];
  close(): Promise<void>;
}

/** An OpenTelemetry collector on loopback: OTLP by HTTP, JSON. */
export async function startHttpCollector(at = 0): Promise<HttpCollector> {
  const requests: OtlpRequest[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      if (request.url === '/v1/metrics' || request.url === '/v1/traces') requests.push(JSON.parse(text) as OtlpRequest); // OTLP's JSON
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const { port, stop } = await listenOnLoopback(server, at);
  const metrics = () => requests.flatMap(({ resourceMetrics = [] }) => resourceMetrics);
  const spans = () => requests.flatMap(({ resourceSpans = [] }) => resourceSpans);
  return {
    port,
    metrics: () => metrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)),
    spans: () => spans().flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
    resources: () => [...metrics(), ...spans()].map(({ resource }) => resource),
    close: stop,
  };
}

export const attributesOf = (attributes: readonly OtlpAttribute[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue]));

/** By gRPC it only notes names. */
export interface GrpcCollector {
  readonly port: number;
  readonly metrics: Set<string>;
  readonly spans: Set<string>;
  close(): void;
}

/** Fields of opentelemetry.proto, from the request to the name of a metric or span. */
const METRIC_NAME = [1, 2, 2, 1];
const SPAN_NAME = [1, 2, 2, 5];

export async function startGrpcCollector(): Promise<GrpcCollector> {
  const [metrics, spans] = [new Set<string>(), new Set<string>()];
  const server = new Server();
  const offer = (path: string, names: Set<string>, fields: readonly number[]): void => {
    const raw = { requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same };
    server.addService(
      { Export: { path, ...raw, responseSerialize: same, responseDeserialize: same } },
      {
        Export: (call: { readonly request: Buffer }, answer: (error: null, response: Buffer) => void) => {
          for (const name of textsAt(call.request, fields)) names.add(name);
          answer(null, Buffer.alloc(0));
        },
      },
    );
  };
  offer('/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', metrics, METRIC_NAME);
  offer('/opentelemetry.proto.collector.trace.v1.TraceService/Export', spans, SPAN_NAME);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { port, metrics, spans, close: () => server.forceShutdown() };
}

const same = (bytes: Buffer): Buffer => bytes;

/** The texts at a path of protobuf fields. */
function* textsAt(message: Uint8Array, [field, ...rest]: readonly number[]): Iterable<string> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number !== field || type !== WireType.LengthDelimited) reader.skip(type, number);
    else if (rest.length === 0) yield reader.string();
    else yield* textsAt(reader.bytes(), rest);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk); // a body without encoding
  return Buffer.concat(chunks).toString('utf8');
}
