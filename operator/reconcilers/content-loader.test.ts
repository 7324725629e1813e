import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { ScriptedApiServer } from '../cluster/testing/scripted-api-server.ts';
import { ContentLoader } from './content-loader.ts';

const SECRETS = '/api/v1/secrets';

const secret = (name: string, text: string): KubernetesObject => {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'ns', name }, type: 'Opaque', data: { text: btoa(text) } };
  return object;
};

describe('Secrets', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let loader: ContentLoader;
  let held: Map<string, KubernetesObject>;
  let steps: string[];
  let released: string[];

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    client = server.client();
    held = new Map();
    steps = [];
    released = [];
    const controlPlane = {
      put: (object: KubernetesObject) => {
        held.set(`${object.metadata.namespace}/${object.metadata.name}`, object);
        steps.push(`+${object.metadata.name}`);
      },
      remove: (_kind: string, key: string) => {
        held.delete(key);
        steps.push(`-${key.slice(3)}`);
      },
    };
    loader = new ContentLoader({ client, controlPlane, onRelease: (kind, key) => released.push(`${kind} ${key}`) });
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  test('of one that nobody refers to, the watch keeps nothing but the name', () => {
    const { data, type, ...rest } = { ...secret('a', 'hidden') } as KubernetesObject & { data: unknown; type: unknown };
    expect([data, type]).not.toContain(undefined);
    expect(loader.project(secret('a', 'hidden'))).toEqual(rest);
  });

  test('one that a Gateway refers to is loaded, kept whole, and followed', async () => {
    server.put(SECRETS, secret('a', 'one'));
    await loader.require('gateway', new Set(['Secret ns/a']));
    expect(held.get('ns/a')).toMatchObject({ data: { text: btoa('one') } });
    const second = server.put(SECRETS, secret('a', 'two'));
    expect(loader.project(second)).toBe(second);
    loader.changed('Secret', 'ns/a', second);
    expect(held.get('ns/a')).toMatchObject({ data: { text: btoa('two') } });
    loader.changed('Secret', 'ns/a', undefined);
    expect(held.size).toBe(0);
  });

  test('an older copy never replaces a newer one', async () => {
    const first = server.put(SECRETS, secret('a', 'one'));
    server.put(SECRETS, secret('a', 'two'));
    await loader.require('gateway', new Set(['Secret ns/a']));
    loader.changed('Secret', 'ns/a', first);
    expect(held.get('ns/a')).toMatchObject({ data: { text: btoa('two') } });
  });

  test('the last one that needs it lets it go, and not before', async () => {
    server.put(SECRETS, secret('a', 'one'));
    await loader.require('first', new Set(['Secret ns/a']));
    await loader.require('second', new Set(['Secret ns/a']));
    await loader.require('first', new Set());
    expect(held.has('ns/a')).toBe(true);
    expect(released).toEqual([]);
    await loader.require('second', new Set());
    expect(held.size).toBe(0);
    expect(released).toEqual(['Secret ns/a']);
    expect(loader.project(secret('a', 'one'))).not.toHaveProperty('data');
  });

  test('who changes from one to another is never without: the new one comes before the old one goes', async () => {
    server.put(SECRETS, secret('a', 'one'));
    server.put(SECRETS, secret('b', 'two'));
    await loader.require('gateway', new Set(['Secret ns/a']));
    await loader.require('gateway', new Set(['Secret ns/b']));
    expect(steps).toEqual(['+a', '+b', '-a']);
  });

  test('while the API server does not answer, the old one stays', async () => {
    server.put(SECRETS, secret('a', 'one'));
    server.put(SECRETS, secret('b', 'two'));
    await loader.require('gateway', new Set(['Secret ns/a']));
    server.intercept = (_request, response) => {
      response.writeHead(503).end();
      return true;
    };
    await expect(loader.require('gateway', new Set(['Secret ns/b']))).rejects.toThrow('503');
    expect(steps).toEqual(['+a']);
    server.intercept = () => false;
    await loader.require('gateway', new Set(['Secret ns/b']));
    expect(steps).toEqual(['+a', '+b', '-a']);
  });

  test('one that does not exist yet is no obstacle, and is taken when it comes', async () => {
    await loader.require('gateway', new Set(['Secret ns/a']));
    expect(held.size).toBe(0);
    const created = server.put(SECRETS, secret('a', 'one'));
    loader.changed('Secret', 'ns/a', loader.project(created));
    expect(held.has('ns/a')).toBe(true);
  });

  test('a ConfigMap that loses all its data is known to be empty', async () => {
    const path = '/api/v1/configmaps';
    const whole = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'a' }, data: { 'ca.crt': 'x' } };
    server.put(path, whole);
    await loader.require('policy', new Set(['ConfigMap ns/a']));
    expect(held.get('ns/a')).toMatchObject({ data: { 'ca.crt': 'x' } });
    const { data: _, ...bare } = whole;
    loader.changed('ConfigMap', 'ns/a', loader.project(server.put(path, bare)));
    expect(held.get('ns/a')).toMatchObject({ data: {} });
  });

  test('a Secret and a ConfigMap of one name are two things', async () => {
    server.put(SECRETS, secret('a', 'one'));
    await loader.require('policy', new Set(['ConfigMap ns/a']));
    expect(held.size).toBe(0);
    expect(loader.project(secret('a', 'hidden'))).not.toHaveProperty('data');
  });
});
