import { createServer, type IncomingHttpHeaders } from 'node:http';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { listenOnLoopback } from './loopback.ts';

type Headers = Readonly<Record<string, string>>;

/** A span as a collector gets it: texts and numbers of attributes alike as text. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of whom it is. */
  readonly resource: Readonly<Record<string, string>>;
  readonly by: 'grpc' | 'http';
  /** That came with it; of gRPC the metadata. */
  readonly headers: Headers;
}

/** An OpenTelemetry collector on loopback that takes OTLP's protobuf. */
export interface SpanCollector {
  readonly port: number;
  /** In the order of their coming. */
  readonly spans: readonly CollectedSpan[];
  close(): Promise<void>;
}

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/**
 * By gRPC.
 * @param pair its certificate and key, in PEM; absent: it speaks no TLS
 */
export async function startGrpcSpanCollector(pair?: { readonly certificate: string; readonly key: string }): Promise<SpanCollector> {
  const spans: CollectedSpan[] = [];
  const server = new Server();
  const raw = { requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same };
  server.addService(
    { Export: { path: EXPORT, ...raw, responseSerialize: same, responseDeserialize: same } },
    {
      Export: (
        call: { readonly request: Buffer; readonly metadata: { getMap(): Record<string, string | Buffer> } },
        answer: (error: null, response: Buffer) => void,
      ) => {
        const headers = Object.fromEntries(Object.entries(call.metadata.getMap()).map(([name, value]) => [name, String(value)]));
        spans.push(...spansOf(call.request, 'grpc', headers));
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentialsOf(pair), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { port, spans, close: async () => server.forceShutdown() };
}

function credentialsOf(pair: { readonly certificate: string; readonly key: string } | undefined): ServerCredentials {
  if (pair === undefined) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(pair.certificate), private_key: Buffer.from(pair.key) }]);
}

/** By HTTP. */
export async function startHttpSpanCollector(): Promise<SpanCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isTraces = request.method === 'POST' && request.url === '/v1/traces';
      if (isTraces) spans.push(...spansOf(Buffer.concat(chunks), 'http', textsOf(request.headers)));
      response.writeHead(isTraces ? 200 : 404).end();
    });
  });
  const { port, stop } = await listenOnLoopback(server);
  return { port, spans, close: stop };
}

const same = (bytes: Buffer): Buffer => bytes;

const textsOf = (headers: IncomingHttpHeaders): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** Numbers of fields in opentelemetry.proto: of ExportTraceServiceRequest, ResourceSpans, ScopeSpans, Span and KeyValue. */
const [RESOURCE_SPANS, RESOURCE, SCOPE_SPANS, SPANS, RESOURCE_ATTRIBUTES] = [1, 1, 2, 2, 1];
const SPAN = { traceId: 1, parentSpanId: 4, name: 5, attributes: 9 };

function spansOf(request: Uint8Array, by: CollectedSpan['by'], headers: Headers): readonly CollectedSpan[] {
  return messages(request, RESOURCE_SPANS).flatMap((part) => {
    const resource = attributesOf(messages(part, RESOURCE).flatMap((each) => messages(each, RESOURCE_ATTRIBUTES)));
    return messages(part, SCOPE_SPANS)
      .flatMap((scope) => messages(scope, SPANS))
      .map((span) => ({
        name: Buffer.concat(messages(span, SPAN.name)).toString('utf8'),
        traceId: Buffer.concat(messages(span, SPAN.traceId)).toString('hex'),
        parentSpanId: Buffer.concat(messages(span, SPAN.parentSpanId)).toString('hex'),
        attributes: attributesOf(messages(span, SPAN.attributes)),
        resource,
        by,
        headers,
      }));
  });
}

/** The fields of this number that have a length: messages, texts and bytes. */
function messages(message: Uint8Array, wanted: number | undefined): readonly Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === wanted && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, number);
  }
  return found;
}

const attributesOf = (pairs: readonly Uint8Array[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const [key = new Uint8Array()] = messages(pair, 1);
      const [value = new Uint8Array()] = messages(pair, 2);
      return [Buffer.from(key).toString('utf8'), textOfValue(value)];
    }),
  );

/** Of an AnyValue: a text, or a whole number. */
function textOfValue(value: Uint8Array): string {
  const reader = new BinaryReader(value);
  if (reader.len === 0) return '';
  const [number, type] = reader.tag();
  if (number === 1) return reader.string();
  if (number === 3) return String(reader.int64());
  reader.skip(type, number);
  return '';
}
