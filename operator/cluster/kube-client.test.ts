import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyObject } from './apply.ts';
import { loadKubeClient } from './kube-client.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { THING, THINGS, thing } from './testing/follower.ts';
import { fail, ScriptedApiServer } from './testing/scripted-api-server.ts';

const refusal = async (request: Promise<unknown>): Promise<KubernetesError> => {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KubernetesError) return error;
  throw new Error('No KubernetesError', { cause: error });
};

describe('KubeClient', () => {
  let server: ScriptedApiServer;

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
  });

  afterEach(() => server.stop());

  test('names objects of groups and of the core, with and without namespaces', async () => {
    const client = server.client();
    await refusal(client.get(THING, 'ns/a'));
    await refusal(client.get({ ...THING, group: '', namespaced: false }, 'a'));
    await refusal(client.patch(THING, 'ns/a', { type: 'merge', body: {} }, { subresource: 'status' }));
    await client.create(THING, thing('new'));
    await client.delete(THING, 'ns/new', { propagationPolicy: 'Background' });
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /apis/test.io/v1/namespaces/ns/things/a',
      'GET /api/v1/things/a',
      'PATCH /apis/test.io/v1/namespaces/ns/things/a/status',
      'POST /apis/test.io/v1/namespaces/ns/things',
      'DELETE /apis/test.io/v1/namespaces/ns/things/new',
    ]);
    expect(server.requests.at(-1)?.body).toContain('Background');
    await client.close();
  });

  test('sends each kind of patch as what it is', async () => {
    server.put(THINGS, thing('a', { size: 1 }));
    const client = server.client();
    await client.patch(THING, 'ns/a', { type: 'json', operations: [{ op: 'replace', path: '/spec/size', value: 2 }] });
    await client.patch(THING, 'ns/a', { type: 'merge', body: { spec: { color: 'red' } } });
    const applied = await applyObject(client, THING, server.get(THINGS, 'ns/a') ?? thing('a'), { force: true });
    expect(applied.spec).toEqual({ size: 2, color: 'red' });
    expect(server.requests.map(({ headers }) => headers['content-type'])).toEqual([
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/apply-patch+yaml',
    ]);
    expect(server.requests[2]?.query.toString()).toBe('fieldManager=envoy-gateway&force=true');
    expect(JSON.parse(server.requests[2]?.body ?? '').metadata).toEqual({ namespace: 'ns', name: 'a' });
    await client.close();
  });

  test('throws what the server answers', async () => {
    server.intercept = (_, response) => {
      fail(response, 409, 'Conflict', { message: 'somebody was faster', details: { name: 'a', retryAfterSeconds: 2 } });
      return true;
    };
    const client = server.client();
    const error = await refusal(client.get(THING, 'ns/a'));
    expect(error).toMatchObject({ status: 409, reason: 'Conflict', retryAfterMs: 2_000, details: { name: 'a' } });
    expect(error.message).toBe('GET /apis/test.io/v1/namespaces/ns/things/a answered 409: somebody was faster');
    await client.close();
  });

  test('keeps the words of a proxy that answers instead of the API server', async () => {
    server.intercept = (_, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
      return true;
    };
    const client = server.client();
    expect(await refusal(client.get(THING, 'ns/a'))).toMatchObject({ status: 502, reason: 'Http502' });
    expect((await refusal(client.get(THING, 'ns/a'))).message).toContain('<h1>Bad gateway</h1>');
    await client.close();
  });

  test('gives up on a server that does not answer', async () => {
    server.intercept = () => true;
    const client = server.client(undefined, { timeoutMs: 50 });
    expect(await refusal(client.get(THING, 'ns/a'))).toMatchObject({ status: 0, reason: 'Timeout' });
    await client.close();
  });

  test('says which server cannot be reached', async () => {
    const client = server.client();
    const { port } = server;
    await server.stop();
    const error = await refusal(client.get(THING, 'ns/a'));
    expect(error).toMatchObject({ status: 0, reason: 'Unreachable' });
    expect(error.message).toContain(`http://127.0.0.1:${port}/apis/test.io`);
    expect(error.message).toContain('ECONNREFUSED');
    await client.close();
    server = await ScriptedApiServer.start();
  });

  test('a request that its caller ends, ends with the caller’s reason', async () => {
    server.intercept = () => true;
    const client = server.client();
    const caller = new AbortController();
    const request = client.get(THING, 'ns/a', caller.signal);
    caller.abort(new Error('not interested'));
    await expect(request).rejects.toThrow('not interested');
    await client.close();
  });

  test('reads its credentials again when they are refused, once for many requests', async () => {
    server.put(THINGS, thing('a'));
    const tokens: string[] = [];
    const client = server.client(() => {
      tokens.push(`token-${tokens.length}`);
      return tokens.at(-1) ?? '';
    });
    server.intercept = ({ headers }, response) => {
      const refused = headers.authorization !== 'Bearer token-1';
      if (refused) fail(response, 401, 'Unauthorized');
      return refused;
    };
    const answers = await Promise.all([1, 2, 3].map(() => client.get(THING, 'ns/a')));
    expect(answers.map(({ metadata }) => metadata.name)).toEqual(['a', 'a', 'a']);
    expect(tokens).toEqual(['token-0', 'token-1']);
    server.intercept = (_, response) => {
      fail(response, 401, 'Unauthorized');
      return true;
    };
    expect(await refusal(client.get(THING, 'ns/a'))).toMatchObject({ status: 401, reason: 'Unauthorized' });
    await client.close();
  });

  test('keeps its connections', async () => {
    const ports = new Set<number | undefined>();
    server.put(THINGS, thing('a'));
    server.intercept = (_, response) => {
      ports.add(response.socket?.remotePort);
      return false;
    };
    const client = server.client();
    for (let i = 0; i < 20; i++) await client.get(THING, 'ns/a');
    // The pool may open a second one while the first is busy closing an answer.
    expect(ports.size).toBeLessThanOrEqual(2);
    await client.close();
  });
});

describe('loadKubeClient', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('reads the file that it is given', async () => {
    const kubeconfig = file(
      'good.yaml',
      [
        'apiVersion: v1',
        'kind: Config',
        'current-context: here',
        'contexts: [{ name: here, context: { cluster: c, user: u } }]',
        'clusters: [{ name: c, cluster: { server: "https://127.0.0.1:6443/" } }]',
        'users: [{ name: u, user: { token: abc } }]',
      ].join('\n'),
    );
    const client = loadKubeClient({ kubeconfig });
    expect(client.server).toBe('https://127.0.0.1:6443');
    await client.close();
  });

  test('names a file that is not there', () => {
    expect(() => loadKubeClient({ kubeconfig: join(folder, 'nowhere.yaml') })).toThrow(
      /nowhere\.yaml cannot be read as a kubeconfig: .*ENOENT/,
    );
  });

  test('what has no end is refused before it takes all memory', () => {
    expect(() => loadKubeClient({ kubeconfig: '/dev/zero' })).toThrow(
      /^\/dev\/zero cannot be read as a kubeconfig: it is a device\. Give one by/,
    );
    const large = file('large.yaml', '');
    truncateSync(large, 2 ** 40);
    expect(() => loadKubeClient({ kubeconfig: large })).toThrow(/large\.yaml cannot be read as a kubeconfig: it has more than 16 MiB\./);
  });

  test('says what is wrong with a context that leads nowhere', () => {
    const kubeconfig = file('lost.yaml', 'current-context: gone\ncontexts: []\nclusters: []\nusers: []\n');
    expect(() => loadKubeClient({ kubeconfig })).toThrow(/no cluster for its current context/);
  });
});
