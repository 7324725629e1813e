import { Agent, request } from 'undici';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubernetesServer } from '../harness/kubernetes-server.ts';

export interface Answer {
  readonly status: number;
  readonly body: KubernetesObject & { readonly message?: string; readonly items?: readonly KubernetesObject[] };
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** An API server, asked by its administrator for objects of any kind that it serves. */
export class ApiCalls {
  readonly #server: KubernetesServer;
  readonly #agent: Agent;
  readonly #resources = new Map<string, Promise<readonly Resource[]>>();

  constructor(server: KubernetesServer) {
    this.#server = server;
    this.#agent = new Agent({ connect: { ca: server.ca } });
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<Answer> {
    const contentType = method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json';
    const { statusCode, body: answer } = await request(`${this.#server.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#server.token}`, 'content-type': contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: statusCode, body: (await answer.json()) as Answer['body'] }; // the API server's own
  }

  /** Server-side apply, or only the trial of it. Rejects with what the server says of the object. */
  async apply(object: KubernetesObject, query = ''): Promise<void> {
    const path = `${await this.#pathOf(object)}/${encodeURIComponent(object.metadata.name)}?fieldManager=test&force=true${query}`;
    const { status, body } = await this.call('PATCH', path, object);
    if (status >= 300) throw new Error(`${object.kind} ${object.metadata.name}: ${status} ${body.message}`);
  }

  dryRun(object: KubernetesObject): Promise<void> {
    return this.apply(object, '&dryRun=All&fieldValidation=Strict');
  }

  async remove(object: KubernetesObject): Promise<void> {
    await this.call('DELETE', `${await this.#pathOf(object)}/${encodeURIComponent(object.metadata.name)}`);
  }

  /** All objects of the kinds of `like`, as `<kind> [<ns>/]<name>`, sorted. */
  async names(...like: readonly KubernetesObject[]): Promise<readonly string[]> {
    const kinds = new Map(like.map((object) => [object.kind, object]));
    const lists = [...kinds.values()].map(async (object) => {
      const resource = await this.#resourceOf(object);
      const { body } = await this.call('GET', `${basePath(object.apiVersion)}/${resource.name}`);
      return (body.items ?? []).map(
        ({ metadata: { namespace, name } }) => `${object.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`,
      );
    });
    return (await Promise.all(lists)).flat().sort();
  }

  /** A kubeconfig for a service account, by a token of its own, as a pod has it. JSON is YAML. */
  async kubeconfigOf(namespace: string, account: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const { status, body } = await this.call('POST', path, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} });
    if (status >= 300) throw new Error(`no token for ${account}: ${status} ${body.message}`);
    const { token } = body.status as { readonly token: string }; // authentication.k8s.io/v1 TokenRequestStatus
    const cluster = { server: this.#server.url, 'certificate-authority-data': Buffer.from(this.#server.ca).toString('base64') };
    return JSON.stringify({
      'current-context': 'it',
      contexts: [{ name: 'it', context: { cluster: 'it', user: account } }],
      clusters: [{ name: 'it', cluster }],
      users: [{ name: account, user: { token } }],
    });
  }

  async #pathOf(object: KubernetesObject): Promise<string> {
    const { name, namespaced } = await this.#resourceOf(object);
    const place = namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : '';
    return `${basePath(object.apiVersion)}${place}/${name}`;
  }

  async #resourceOf({ apiVersion, kind }: KubernetesObject): Promise<Resource> {
    const known = this.#resources.get(apiVersion) ?? this.#resourcesOf(apiVersion);
    this.#resources.set(apiVersion, known);
    const found = (await known).find((resource) => resource.kind === kind && !resource.name.includes('/'));
    if (found === undefined) throw new Error(`the API server has no ${kind} of ${apiVersion}`);
    return found;
  }

  async #resourcesOf(apiVersion: string): Promise<readonly Resource[]> {
    const { body } = await this.call('GET', basePath(apiVersion));
    return (body as unknown as { readonly resources?: readonly Resource[] }).resources ?? []; // meta.k8s.io/v1 APIResourceList
  }
}

const basePath = (apiVersion: string): string => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);
