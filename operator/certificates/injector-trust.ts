import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { withStatus } from '../cluster/kubernetes-error.ts';
import type { ResourceKind } from '../cluster/resource-kind.ts';
import { watchedKind } from '../reconcilers/watched-kinds.ts';

export const WEBHOOK_CONFIGURATION: ResourceKind = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  namespaced: false,
};

export const injectorWebhook = (namespace: string): string => `envoy-gateway-topology-injector.${namespace}`;

interface Webhooks extends KubernetesObject {
  readonly webhooks?: readonly { readonly clientConfig: object }[];
}

export interface InjectorTrust {
  readonly client: Pick<KubeClient, 'get' | 'patch'>;
  readonly namespace: string;
  readonly say: (line: string) => void;
}

/**
 * Tells the API server which CAs the topology injector's certificate comes from (contract C.8): the bundle of the Secret `envoy-gateway`. Nothing happens
 * where the webhook is not installed. Throws KubernetesError.
 */
export async function trustInjector({ client, namespace, say }: InjectorTrust): Promise<void> {
  const name = injectorWebhook(namespace);
  // The API server has checked what it is.
  const configuration = (await client.get(WEBHOOK_CONFIGURATION, name).catch((error: unknown) => {
    if (withStatus(error, 404)) return undefined;
    throw error;
  })) as Webhooks | undefined;
  if (configuration === undefined) return;
  const secret = await client.get(watchedKind('Secret'), `${namespace}/envoy-gateway`);
  const data = 'data' in secret ? (secret.data as Readonly<Record<string, string>>) : {};
  const operations = (configuration.webhooks ?? []).map((_, i) => ({
    op: 'add',
    path: `/webhooks/${i}/clientConfig/caBundle`,
    value: data['ca.crt'] ?? '',
  }));
  await client.patch(WEBHOOK_CONFIGURATION, name, { type: 'json', operations });
  say(`MutatingWebhookConfiguration ${name} trusts the CA.`);
}
