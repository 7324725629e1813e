import type { JsonObject } from '@bufbuild/protobuf';
import { type Answer, ask, echoOf } from './ask.ts';
import { type Backends, backendsYaml, endpointYaml, startBackends } from './backends.ts';
import { type Fleet, gatewayYaml, startFleet } from './fleet.ts';
import { httpRouteYaml } from './route-yaml.ts';
import { type CollectedSpan, type SpanCollector, startGrpcSpanCollector, startHttpSpanCollector } from './span-collector.ts';
import { until } from './until.ts';

type Headers = Readonly<Record<string, string>>;

/** A request that was answered with 200, and the spans that there are of it. */
export interface TracedRequest {
  readonly answer: Answer;
  readonly path: string;
  /** Waits for one. */
  readonly span: () => Promise<CollectedSpan>;
  readonly count: () => number;
}

/** A Gateway, a backend behind it, and collectors: Service `collector` (port 4317, gRPC) and Service `by-http` (port 4318). */
export interface TracedFleet {
  readonly fleet: Fleet;
  readonly backends: Backends;
  readonly grpc: SpanCollector;
  readonly http: SpanCollector;
  /** Puts objects and waits until what Envoy was told holds on all of its workers. */
  readonly apply: (yaml: string) => Promise<void>;
  /** The same when one goes. */
  readonly remove: (kind: string, key: string) => Promise<void>;
  /** Asks for a path of its own. @param of where spans are looked for; default: `grpc` */
  readonly request: (headers?: Headers, of?: SpanCollector) => Promise<TracedRequest>;
  /** Waits for a span of a request for this path, whoever made it. */
  readonly spanOf: (path: string) => Promise<CollectedSpan>;
  /** How many of so many requests are traced; waits until all spans have been sent. */
  readonly traced: (count: number, headers?: () => Headers) => Promise<number>;
  readonly stop: () => Promise<void>;
}

export const TRACED_HOST = 'traced.example.com';
export const POLICY = 'default/traces';

/** A Service for a collector. */
export const collectorYaml = (
  name: string,
  { port, namespace = 'default', more = '' }: { port: number; namespace?: string; more?: string },
) => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ports: [{ name: http, port: ${port}${more} }] }
`;

/** An XTelemetryPolicy of `default/gw`, called as in `POLICY`. */
export const telemetryYaml = (tracing: string, name = 'traces', created = '2026-01-01T00:00:00Z'): string => `---
apiVersion: gateway.networking.x-k8s.io/v1alpha1
kind: XTelemetryPolicy
metadata: { name: ${name}, creationTimestamp: "${created}" }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: gw }]
  tracing: { ${tracing} }
`;

/** Traces that go to a backend; `more` begins with a comma. */
export const enabled = (more = '', ref = 'name: collector, port: 4317', headers = ''): string =>
  `mode: Enabled, provider: { backendRef: { ${ref} }${headers} }${more}`;

/** Spans go out one by one, and soon. */
const atOnce = (bootstrap: JsonObject): JsonObject => ({
  ...bootstrap,
  layeredRuntime: {
    layers: [{ name: 'test', staticLayer: { 'tracing.opentelemetry.min_flush_spans': 1, 'tracing.opentelemetry.flush_interval_ms': 100 } }],
  },
});

/** Everything that is traced has been sent: exports are every 100 ms. */
export const flushed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000));

/** What the backend was told of traces. */
export const passedOn = (answer: Answer): string | undefined => echoOf(answer).headers['Traceparent']?.[0];

export interface TracedOptions {
  /** The Gateway; default: it has an HTTP listener on port 80. */
  readonly gateway?: string;
  readonly ports?: readonly number[];
  /** Beside those of the Gateway, its backend and the collectors. */
  readonly objects?: string;
}

export async function startTracedFleet({
  gateway = gatewayYaml('{ name: http, port: 80, protocol: HTTP }'),
  ports = [80],
  objects = '',
}: TracedOptions = {}): Promise<TracedFleet> {
  const [backends, grpc, http] = await Promise.all([startBackends('one'), startGrpcSpanCollector(), startHttpSpanCollector()]);
  const fleet = await startFleet({
    objects:
      gateway +
      objects +
      backendsYaml(backends, 'one') +
      httpRouteYaml('one', ['{ backendRefs: [{ name: one, port: 8080 }] }'], TRACED_HOST) +
      collectorYaml('collector', { port: 4317 }) +
      endpointYaml('collector', grpc.port) +
      collectorYaml('by-http', { port: 4318 }) +
      endpointYaml('by-http', http.port),
    ports,
    bootstrap: atOnce,
  });
  /** Envoy takes a listener before its workers have it. */
  const everywhere = async (): Promise<void> => {
    const stat = (name: string): Promise<number> => fleet.stat(`listener_manager.${name}`);
    const workers = await fleet.stat('server.concurrency');
    await until('all workers have the newest listeners', async () =>
      (await stat('listener_create_success')) >= workers * ((await stat('listener_added')) + (await stat('listener_modified')))
        ? true
        : undefined,
    );
  };
  let asked = 0;
  const request: TracedFleet['request'] = async (headers = {}, of = grpc) => {
    asked += 1;
    const path = `/asked-${asked}`;
    const answer = await ask({ port: fleet.port(80), host: TRACED_HOST, path: `${path}?more=1`, headers });
    if (answer.status !== 200) throw new Error(`${path} is answered with ${answer.status}`);
    const has = (span: CollectedSpan): boolean => span.attributes['http.url']?.includes(`${path}?`) === true;
    const count = (): number => of.spans.filter(has).length;
    return { answer, path, span: () => until(`a span of ${path}`, async () => of.spans.find(has)), count };
  };
  return {
    fleet,
    backends,
    grpc,
    http,
    apply: async (yaml) => {
      await fleet.apply(yaml);
      await everywhere();
    },
    remove: async (kind, key) => {
      await fleet.remove(kind, key);
      await everywhere();
    },
    request,
    spanOf: (path) => until(`a span of ${path}`, async () => grpc.spans.find(({ attributes }) => attributes['http.url']?.endsWith(path))),
    traced: async (count, headers = () => ({})) => {
      const requests = await Promise.all(Array.from({ length: count }, () => request(headers())));
      await flushed();
      return requests.filter((each) => each.count() > 0).length;
    },
    stop: async () => {
      await fleet.stop();
      await Promise.all([grpc.close(), http.close(), backends.stopAll()]);
    },
  };
}
