import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import { parseAllDocuments } from 'yaml';
import { gatewayApiCrds } from '../e2e/harness/gateway-api-crds.ts';
import { type KubernetesServer, startKubernetesServer } from '../e2e/harness/kubernetes-server.ts';
import { until } from '../e2e/harness/until.ts';
import type { JsonObject } from './json-schema.ts';
import { printCrds } from './print-crds.ts';
import { mutatedObject } from './testing/mutated-object.ts';
import {
  SAMPLE_BACKEND_TLS_POLICIES,
  SAMPLE_GATEWAYS,
  SAMPLE_LISTENER_SETS,
  SAMPLE_PROXIES,
  SAMPLE_ROUTES,
} from './testing/sample-objects.ts';
import { SAMPLE_TCP_ROUTES, SAMPLE_TLS_ROUTES, SAMPLE_UDP_ROUTES } from './testing/sample-streams.ts';
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
  // The API server answers JSON objects only.
  return { status: response.statusCode, body: (await response.body.json()) as JsonObject };
};

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

beforeAll(async () => {
  server = await startKubernetesServer();
  dispatcher = new Agent({ connect: { ca: server.ca } });
  const upstream = await Promise.all((await gatewayApiCrds('experimental')).map((file) => readFile(file, 'utf8')));
  const definitions = [...upstream, printCrds()].flatMap((text) =>
    parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS()),
  );
  for (const definition of definitions.filter((document) => document?.kind === 'CustomResourceDefinition')) {
    expect(await post(DEFINITIONS, definition)).toMatchObject({ status: 201 });
  }
}, 300_000);

afterAll(async () => {
  await dispatcher.destroy();
  await server.stop();
});

const KINDS = [
  { kind: 'HTTPRoute', path: '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes', samples: SAMPLE_ROUTES },
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

const ourVerdict = (object: object): Verdict => {
  const admission = admit(object);
  return admission.ok ? { admitted: true, why: '', spec: admission.value.spec } : { admitted: false, why: admission.errors };
};

test.each(KINDS)(
  '$kind: the API server and admit() come to the same verdict and fill in the same defaults',
  async ({ path, samples }) => {
    await until(`the API server serves ${path}`, async () => ((await serversVerdict(path, samples[0] ?? {})).admitted ? true : undefined));
    await fc.assert(
      fc.asyncProperty(mutatedObject<{ readonly spec: unknown }>(samples), async (object) => {
        const ours = ourVerdict(object);
        const theirs = await serversVerdict(path, object);
        if (ours.admitted !== theirs.admitted)
          throw new Error(`ours ${JSON.stringify(ours, null, 1)}\ntheirs ${JSON.stringify(theirs, null, 1)}`);
        expect(ours.spec).toEqual(theirs.spec);
      }),
      { numRuns: RUNS },
    );
  },
  600_000,
);
