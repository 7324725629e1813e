import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Agent, request } from 'undici';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { type KubernetesServer, startKubernetesServer } from '../../../e2e/harness/kubernetes-server.ts';
import { splitCase } from '../../../translators/testing/golden.ts';
import { OPTIONS, objectsOfCase, outcomeOf } from './testing/infra-golden.ts';

/** What a real API server says of every manifest of the cases. Nothing is stored: every request is a dry run. */

const CASES = path.join(import.meta.dirname, 'cases');
const BASE = readFileSync(path.resolve(import.meta.dirname, '../../../translators/testing/base.yaml'), 'utf8');
const manifestsOf = (file: string): readonly KubernetesObject[] => {
  const { given } = splitCase(readFileSync(path.join(CASES, file), 'utf8'));
  return outcomeOf(objectsOfCase(given, BASE)).fleets.flatMap(({ rendered }) => (rendered.ok ? rendered.value : []));
};

/** Those of whom something is made. */
const FILES = globSync('*.yaml', { cwd: CASES })
  .filter((file) => manifestsOf(file).length > 0)
  .sort();

/** Here users ask for what the standard forbids. */
const NOT_RESTRICTED: Readonly<Record<string, string>> = {
  'patch-strategic.yaml': 'the patch asks for the network of the host',
  'pod.yaml': 'the init container of the user has no security context',
};

/** Of a pod that would not be admitted its workload warns, which is another test's matter; externalIPs are the contract's. */
const KNOWN = /^299 .*(would violate PodSecurity|spec\.externalIPs is deprecated)/;

const COLLECTIONS: Readonly<Record<string, string>> = {
  ServiceAccount: '/api/v1/namespaces/%/serviceaccounts',
  ConfigMap: '/api/v1/namespaces/%/configmaps',
  Service: '/api/v1/namespaces/%/services',
  Pod: '/api/v1/namespaces/%/pods',
  Deployment: '/apis/apps/v1/namespaces/%/deployments',
  DaemonSet: '/apis/apps/v1/namespaces/%/daemonsets',
  HorizontalPodAutoscaler: '/apis/autoscaling/v2/namespaces/%/horizontalpodautoscalers',
  PodDisruptionBudget: '/apis/policy/v1/namespaces/%/poddisruptionbudgets',
};

let server: KubernetesServer;
let dispatcher: Agent;

beforeAll(async () => {
  // Both address families, for the cases that ask for them.
  server = await startKubernetesServer({ apiServerFlags: ['--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/112'] });
  dispatcher = new Agent({ connect: { ca: server.ca } });
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: OPTIONS.namespace, labels } });
}, 120_000);
afterAll(async () => {
  await dispatcher.close();
  await server.stop();
});

/** What the server complains of: an error, or a warning. */
async function send(method: 'POST' | 'PATCH', url: string, body: object): Promise<readonly string[]> {
  const {
    statusCode,
    headers,
    body: answer,
  } = await request(`${server.url}${url}`, {
    method,
    dispatcher,
    headers: {
      authorization: `Bearer ${server.token}`,
      'content-type': method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json',
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  const warnings = [headers['warning'] ?? []].flat();
  return statusCode < 300 ? warnings : [`${statusCode} ${text}`, ...warnings];
}

const collection = (kind: string): string => (COLLECTIONS[kind] ?? '').replace('%', OPTIONS.namespace);

const applied = (object: KubernetesObject): Promise<readonly string[]> =>
  send(
    'PATCH',
    `${collection(object.kind)}/${object.metadata.name}?dryRun=All&fieldManager=envoy-gateway&force=true&fieldValidation=Strict`,
    object,
  );

/** The pod that a controller would make. */
function podOf({ spec }: KubernetesObject): object {
  // Of a Deployment or DaemonSet.
  const { template } = spec as { readonly template: { readonly metadata: object; readonly spec: object } };
  return { apiVersion: 'v1', kind: 'Pod', ...template, metadata: { ...template.metadata, generateName: 'p-' } };
}

const isWorkload = ({ kind }: KubernetesObject): boolean => kind === 'Deployment' || kind === 'DaemonSet';

test('most cases have manifests', () => {
  expect(FILES.length).toBeGreaterThan(15);
});

test.each(FILES)('%s is applied', async (file) => {
  const complaints = await Promise.all(manifestsOf(file).map(async (object) => [object.kind, await applied(object)] as const));
  const own = complaints.map(([kind, lines]) => [kind, lines.filter((line) => !KNOWN.test(line))] as const);
  expect(own.filter(([, lines]) => lines.length > 0)).toEqual([]);
});

test.each(FILES)('%s runs under the pod security standard "restricted", unless its user does not want that', async (file) => {
  const pods = manifestsOf(file).filter(isWorkload).map(podOf);
  const complaints = await Promise.all(pods.map((pod) => send('POST', `${collection('Pod')}?dryRun=All&fieldValidation=Strict`, pod)));
  if (NOT_RESTRICTED[file] === undefined) expect(complaints.flat()).toEqual([]);
  else expect(complaints.flat().join()).toContain('violates PodSecurity');
});

test('a field that does not exist would have been found', async () => {
  const [account] = manifestsOf('image.yaml');
  expect(account).toBeDefined();
  if (account !== undefined) expect((await applied({ ...account, spec: {} })).join()).toMatch(/spec/);
});
