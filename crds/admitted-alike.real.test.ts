import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import { parseAllDocuments } from 'yaml';
import { gatewayApiCrds, newerGatewayApiCrds } from '../e2e/harness/gateway-api-crds.ts';
import { type KubernetesServer, startKubernetesServer } from '../e2e/harness/kubernetes-server.ts';
import { until } from '../e2e/harness/until.ts';
import type { JsonObject } from './json-schema.ts';
import { printCrds } from './print-crds.ts';
import { mutatedObject } from './testing/mutated-object.ts';
import {
  SAMPLE_BACKEND_TLS_POLICIES,
  SAMPLE_GATEWAYS,
  SAMPLE_GRPC_ROUTES,
  SAMPLE_LISTENER_SETS,
  SAMPLE_PROXIES,
  SAMPLE_ROUTES,
} from './testing/sample-objects.ts';
import { SAMPLE_TRAFFIC_POLICIES } from './testing/sample-sessions.ts';
import { SAMPLE_TCP_ROUTES, SAMPLE_TLS_ROUTES, SAMPLE_UDP_ROUTES } from './testing/sample-streams.ts';
import { SAMPLE_TELEMETRY_POLICIES } from './testing/sample-telemetry.ts';
import { SAMPLE_XBACKENDS } from './testing/sample-xbackends.ts';
import { admit } from './validate.ts';

/** Objects for each kind; every one is a request to the server. */
const RUNS = Number(process.env['ADMITTED_ALIKE_RUNS'] ?? 300);

let server: KubernetesServer;
let dispatcher: Agent;

const post = async (path: string, body: unknown): Promise<{ readonly status: number; readonly body: JsonObject }> => {
  const response = await request(`${server.url}${path}`, {
    method: 'POST',
    dispatcher,
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.body.text();
  // A kind that only the other version has is answered with a line of text, everything else with a JSON object.
  const isJson = String(response.headers['content-type']).startsWith('application/json');
  return { status: response.statusCode, body: isJson ? (JSON.parse(text) as JsonObject) : { message: text } };
};

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** The definitions of v1.7.0 stand in a group of their own on the same server, since a kind has one schema. */
const NEWER = 'newer.';

interface Definition {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations: object };
  readonly spec: { readonly group: string };
}

const definitionsIn = (texts: readonly string[]): readonly Definition[] =>
  texts
    .flatMap((text) => parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS()))
    .filter((document) => document?.kind === 'CustomResourceDefinition');

const inNewerGroup = ({ metadata, spec, ...rest }: Definition): Definition => {
  const group = `${NEWER}${spec.group}`;
  return { ...rest, metadata: { ...metadata, name: metadata.name.replace(spec.group, group) }, spec: { ...spec, group } };
};

const textsOf = (files: readonly string[]): Promise<readonly string[]> => Promise.all(files.map((file) => readFile(file, 'utf8')));

beforeAll(async () => {
  server = await startKubernetesServer();
  dispatcher = new Agent({ connect: { ca: server.ca } });
  const upstream = definitionsIn(await textsOf(await gatewayApiCrds('experimental')));
  const newer = definitionsIn(await textsOf(await newerGatewayApiCrds('experimental')));
  for (const definition of [...upstream, ...definitionsIn([printCrds()]), ...newer.map(inNewerGroup)]) {
    expect(await post(DEFINITIONS, definition)).toMatchObject({ status: 201 });
  }
}, 300_000);

afterAll(async () => {
  await dispatcher.destroy();
  await server.stop();
});

const KINDS = [
  { kind: 'HTTPRoute', path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes', samples: SAMPLE_ROUTES },
  { kind: 'GRPCRoute', path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/grpcroutes', samples: SAMPLE_GRPC_ROUTES },
  { kind: 'TLSRoute', path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/tlsroutes', samples: SAMPLE_TLS_ROUTES },
  { kind: 'TCPRoute', path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/tcproutes', samples: SAMPLE_TCP_ROUTES },
  { kind: 'UDPRoute', path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/udproutes', samples: SAMPLE_UDP_ROUTES },
  { kind: 'Gateway', path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways', samples: SAMPLE_GATEWAYS },
  {
    kind: 'BackendTLSPolicy',
    path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/backendtlspolicies',
    samples: SAMPLE_BACKEND_TLS_POLICIES,
  },
  {
    kind: 'ListenerSet',
    path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/listenersets',
    samples: SAMPLE_LISTENER_SETS,
  },
  {
    kind: 'XBackendTrafficPolicy',
    path: '/apis/gateway.networking.x-k8s.io/v1alpha1/namespaces/default/xbackendtrafficpolicies',
    samples: SAMPLE_TRAFFIC_POLICIES,
  },
  {
    kind: 'XBackend',
    path: '/apis/gateway.networking.x-k8s.io/v1alpha1/namespaces/default/xbackends',
    samples: SAMPLE_XBACKENDS,
  },
  {
    kind: 'XTelemetryPolicy',
    path: '/apis/gateway.networking.x-k8s.io/v1alpha1/namespaces/default/xtelemetrypolicies',
    samples: SAMPLE_TELEMETRY_POLICIES,
  },
  { kind: 'EnvoyProxy', path: '/apis/gateway.envoyproxy.io/v1alpha1/namespaces/default/envoyproxies', samples: SAMPLE_PROXIES },
];

interface Verdict {
  readonly admitted: boolean;
  readonly why: unknown;
  readonly spec?: unknown;
}

const serversVerdict = async (path: string, object: object): Promise<Verdict> => {
  const { status, body } = await post(`${path}?dryRun=All&fieldValidation=Strict`, object);
  return status === 201 ? { admitted: true, why: '', spec: body['spec'] } : { admitted: false, why: body['message'] };
};

interface Versioned {
  readonly apiVersion: string;
  readonly spec: unknown;
}

/** What v1.7.0 says of an object of the Gateway API. */
const newerVerdict = (path: string, object: Versioned): Promise<Verdict> =>
  serversVerdict(path.replace('/apis/', `/apis/${NEWER}`), { ...object, apiVersion: `${NEWER}${object.apiVersion}` });

const hasVersions = (path: string): boolean => /\/gateway\.networking\.(x-)?k8s\.io\//.test(path);

/** Ours lets through what either version does, and no more. */
const eithersVerdict = async (path: string, object: Versioned): Promise<Verdict> => {
  const verdict = await serversVerdict(path, object);
  if (verdict.admitted || !hasVersions(path)) return verdict;
  const newer = await newerVerdict(path, object);
  if (newer.admitted) return newer;
  // A field that only the newer version knows, without a value: the older one complains of its name alone.
  const older = isStrange(newer) ? verdict : await serversVerdict(path, withoutNulls(object));
  return older.admitted ? older : { ...verdict, why: [verdict.why, newer.why] };
};

const isStrange = ({ why }: Verdict): boolean => String(why).includes('unknown field');

/** As the API server does it with fields of objects that are known and cannot be null. */
const withoutNulls = <T extends object>(object: T): T =>
  JSON.parse(JSON.stringify(object, (_, value: unknown) => (isRecord(value) ? Object.fromEntries(present(value)) : value))) as T; // the same with fewer fields

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
const present = (value: object): readonly [string, unknown][] => Object.entries(value).filter(([, each]) => each !== null);

const ourVerdict = (object: object): Verdict => {
  const admission = admit(object);
  return admission.ok ? { admitted: true, why: '', spec: admission.value.spec } : { admitted: false, why: admission.errors };
};

test.each(KINDS)(
  '$kind: the API server and admit() come to the same verdict and fill in the same defaults',
  async ({ path, samples }) => {
    const [first] = samples;
    if (first === undefined) throw new Error(`no sample for ${path}`);
    await until(`the API server serves ${path}, of each version`, async () => {
      const verdicts = [await serversVerdict(path, first), ...(hasVersions(path) ? [await newerVerdict(path, first)] : [])];
      return verdicts.some(({ admitted }) => admitted) ? true : undefined;
    });
    await fc.assert(
      fc.asyncProperty(mutatedObject<Versioned>(samples), async (object) => {
        const ours = ourVerdict(object);
        const theirs = await eithersVerdict(path, object);
        if (ours.admitted !== theirs.admitted)
          throw new Error(`ours ${JSON.stringify(ours, null, 1)}\ntheirs ${JSON.stringify(theirs, null, 1)}`);
        expect(ours.spec).toEqual(theirs.spec);
      }),
      { numRuns: RUNS },
    );
  },
  600_000,
);
