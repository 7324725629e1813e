import { Agent, request } from 'undici';
import type { JsonObject } from '../../../crds/json-schema.ts';
import { type KubernetesServer, startKubernetesServer } from '../../../e2e/harness/kubernetes-server.ts';
import { infraNode } from '../../../translators/testing/infra-nodes.ts';
import { defaultRenderOptions } from './default-options.ts';
import { renderFleet } from './render.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

/** What our patches make of an object, held against what the API server's own make of it. */

const NAMESPACE = 'default';
const OPTIONS = { ...defaultRenderOptions('test'), namespace: NAMESPACE };

let server: KubernetesServer;
let dispatcher: Agent;

beforeAll(async () => {
  server = await startKubernetesServer();
  dispatcher = new Agent({ connect: { ca: server.ca } });
  const fleet = renderFleet(infraNode(80), OPTIONS);
  if (!fleet.ok) throw new Error(fleet.problem.message);
  for (const object of fleet.value) if (object.kind in URLS) await send('POST', URLS[object.kind] ?? '', object);
}, 120_000);
afterAll(async () => {
  await dispatcher.close();
  await server.stop();
});

const URLS: Readonly<Record<string, string>> = {
  Deployment: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
  Service: `/api/v1/namespaces/${NAMESPACE}/services`,
};

const TYPES = {
  POST: 'application/json',
  PUT: 'application/json',
  PATCH: 'application/strategic-merge-patch+json',
  GET: 'application/json',
};

async function send(method: keyof typeof TYPES, url: string, body?: object): Promise<JsonObject> {
  const answer = await request(`${server.url}${url}`, {
    method,
    dispatcher,
    headers: { authorization: `Bearer ${server.token}`, 'content-type': TYPES[method] },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(text);
  // An object of the API server's.
  return JSON.parse(text) as JsonObject;
}

const inPod = (spec: object): object => ({ spec: { template: { spec } } });

/** What kubectl would send, and what people write. */
const PATCHES: Readonly<Record<string, readonly [kind: string, patch: object]>> = {
  'a container by its name': [
    'Deployment',
    inPod({ containers: [{ name: 'envoy', image: 'mine:v1', resources: { limits: { cpu: '2' } } }] }),
  ],
  'a further container': ['Deployment', inPod({ containers: [{ name: 'side', image: 'side:v1', args: ['x'] }] })],
  'environment by name': [
    'Deployment',
    inPod({
      containers: [
        {
          name: 'envoy',
          env: [
            { name: 'NEW', value: 'x' },
            { name: 'ENVOY_POD_NAME', value: 'y', valueFrom: null },
          ],
        },
      ],
    }),
  ],
  'a port by its number': ['Deployment', inPod({ containers: [{ name: 'envoy', ports: [{ containerPort: 19_001, name: 'other' }] }] })],
  'a mount by its path': ['Deployment', inPod({ containers: [{ name: 'envoy', volumeMounts: [{ mountPath: '/certs', name: 'sds' }] }] })],
  'arguments as a whole': ['Deployment', inPod({ containers: [{ name: 'envoy', args: ['--only'] }] })],
  'a volume of another kind': ['Deployment', inPod({ volumes: [{ name: 'tmp', emptyDir: null, hostPath: { path: '/x' } }] })],
  'only the keys that are named': [
    'Deployment',
    inPod({ volumes: [{ name: 'tmp', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] }),
  ],
  'a container that goes': ['Deployment', inPod({ containers: [{ name: 'shutdown-manager', $patch: 'delete' }] })],
  'a list that is replaced': ['Deployment', inPod({ containers: [{ $patch: 'replace' }, { name: 'only', image: 'only:v1' }] })],
  'a map that is replaced': ['Deployment', { spec: { template: { metadata: { annotations: { $patch: 'replace', a: 'b' } } } } }],
  'a field that goes': [
    'Deployment',
    inPod({ containers: [{ name: 'envoy', livenessProbe: null, lifecycle: null }], terminationGracePeriodSeconds: null }),
  ],
  'tolerations as a whole': [
    'Deployment',
    inPod({
      tolerations: [
        { key: 'a', operator: 'Exists' },
        { key: 'b', operator: 'Exists' },
      ],
    }),
  ],
  'spread by its topology': [
    'Deployment',
    inPod({ topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' }] }),
  ],
  'capabilities as a whole': [
    'Deployment',
    inPod({ containers: [{ name: 'envoy', securityContext: { capabilities: { drop: ['NET_RAW'], add: ['NET_BIND_SERVICE'] } } }] }),
  ],
  'another strategy': ['Deployment', { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }],
  'a port of a Service': [
    'Service',
    {
      spec: {
        ports: [
          { port: 80, appProtocol: 'http' },
          { port: 81, name: 'more', targetPort: 10_081 },
        ],
      },
    },
  ],
  'labels and annotations': ['Service', { metadata: { labels: { team: 'edge' }, annotations: { a: 'b' } } }],
};

/** Without what changes with every answer. */
function settled({ metadata, status: _, ...rest }: JsonObject): JsonObject {
  const { managedFields: __, resourceVersion: ___, generation: ____, ...kept } = metadata as JsonObject; // every object has it
  return { ...rest, metadata: kept };
}

test.each(Object.entries(PATCHES))('%s', async (_, [kind, patch]) => {
  const url = `${URLS[kind]}/${infraNode(80).name}`;
  const live = await send('GET', url);
  const theirs = await send('PATCH', `${url}?dryRun=All`, patch);
  // A patch of the table above is an object like any other.
  const ours = await send('PUT', `${url}?dryRun=All`, strategicMergePatch(live, patch as JsonObject));
  expect(settled(ours)).toEqual(settled(theirs));
  expect(settled(ours)).not.toEqual(settled(live));
});
