import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../crds/object-meta.ts';
import type { DeleteOptions, KubeClient } from './cluster/kube-client.ts';
import { withStatus } from './cluster/kubernetes-error.ts';
import { LEASE_NAME } from './cluster/leader-election.ts';
import { LEASE } from './cluster/lease.ts';
import { keyOf, type ObjectKey, type ResourceKind } from './cluster/resource-kind.ts';
import { DEPLOYMENT, POD, PROXY_KINDS } from './infrastructure/kubernetes/proxy-kinds.ts';
import { isMadeBy, liesWithOwner, ownerOf, PROXY_PODS } from './infrastructure/kubernetes/proxy-owner.ts';
import { GATEWAY_EXISTS } from './reconcilers/gateway-class.ts';
import { watchedKind } from './reconcilers/watched-kinds.ts';
import { type Place, WHOLE_CLUSTER } from './watch-scope.ts';

export interface CleanupOptions {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'patch' | 'delete'>;
  /** Where the controller is, and its proxies. */
  readonly namespace: string;
  /** Where else there may be proxies: deploy mode GatewayNamespace. Default: nowhere. */
  readonly places?: readonly Place[];
  readonly controllerName: string;
  /** Told of each thing that is done. */
  readonly report: (line: string) => void;
  readonly stop: AbortSignal;
  /** How long pods of the controller may take to end, in milliseconds. */
  readonly patienceMs?: number;
}

/** The controller's own Deployment, and the label of all that belongs to it (contract D.1, C.8). */
const CONTROLLER = 'envoy-gateway';
const CONTROL_PLANE = { label: 'control-plane', value: CONTROLLER } as const;
/** What certgen makes (contract C.8). */
export const CERTGEN_SECRETS = ['envoy-gateway', 'envoy', 'envoy-rate-limit', 'envoy-oidc-hmac'] as const;

const PATIENCE_MS = 120_000;
const LOOK_MS = 500;

/**
 * Takes away what a controller made that goes for good: first the controller, so that it makes nothing anew, then its proxies, the certificates that
 * certgen made, its Lease, and the finalizers that nobody would remove any more. What others made stays, whatever its name. It may be broken off and
 * begun again. Throws KubernetesError, and an Error where the controller does not end.
 */
export async function cleanUp(options: CleanupOptions): Promise<void> {
  const { namespace } = options;
  await remove(options, DEPLOYMENT, `${namespace}/${CONTROLLER}`);
  await controllerEnded(options);
  for (const kind of PROXY_KINDS) await removeProxies(options, kind);
  for (const name of CERTGEN_SECRETS) await removeSecret(options, `${namespace}/${name}`);
  await remove(options, LEASE, `${namespace}/${LEASE_NAME}`);
  await releaseClasses(options);
}

async function controllerEnded({ client, namespace, report, stop, patienceMs = PATIENCE_MS }: CleanupOptions): Promise<void> {
  const labelSelector = `${CONTROL_PLANE.label}=${CONTROL_PLANE.value}`;
  const end = performance.now() + patienceMs;
  for (let told = false; ; told = true) {
    const { items } = await client.list(POD, { namespace, labelSelector });
    if (items.length === 0) return;
    const names = items.map(({ metadata }) => metadata.name).join(', ');
    if (performance.now() > end) throw new Error(`These pods of the controller do not end: ${names}. Delete them, and begin again.`);
    if (!told) report(`waiting for ${names} to end`);
    await sleep(LOOK_MS, undefined, { signal: stop });
  }
}

async function removeProxies(options: CleanupOptions, kind: ResourceKind): Promise<void> {
  const { client, namespace: home, places = [] } = options;
  const everywhere = places.includes(WHOLE_CLUSTER) ? [WHOLE_CLUSTER] : [...new Set([home, ...places])];
  for (const place of everywhere) {
    const { items } = await client.list(kind, { ...(place === WHOLE_CLUSTER ? {} : { namespace: place }), labelSelector: PROXY_PODS });
    for (const object of items) if (isOwn(object, options)) await remove(options, kind, keyOf(object.metadata), object.metadata.uid);
  }
}

function isOwn(object: KubernetesObject, { namespace: home, controllerName }: CleanupOptions): boolean {
  const { labels, namespace } = object.metadata;
  const owner = ownerOf(labels);
  return owner !== undefined && liesWithOwner(owner, namespace, home) && isMadeBy(object, { home, controllerName });
}

/** One without the label is somebody's own, for instance cert-manager's. */
async function removeSecret(options: CleanupOptions, key: ObjectKey): Promise<void> {
  const secret = watchedKind('Secret');
  const found = await unlessGone(() => options.client.get(secret, key));
  if (found?.metadata.labels?.[CONTROL_PLANE.label] !== CONTROL_PLANE.value) return;
  await remove(options, secret, key, found.metadata.uid);
}

async function remove({ client, report }: CleanupOptions, kind: ResourceKind, key: ObjectKey, uid?: string): Promise<void> {
  const how: DeleteOptions = { propagationPolicy: 'Background', ...(uid === undefined ? {} : { preconditions: { uid } }) };
  const done = await unlessGone(async () => {
    await client.delete(kind, key, how);
    return true;
  });
  if (done) report(`deleted ${kind.kind} ${key}`);
}

async function releaseClasses({ client, controllerName, report }: CleanupOptions): Promise<void> {
  const kind = watchedKind('GatewayClass');
  // Without the Gateway API there is no class.
  const classes = await unlessGone(() => client.list(kind, {}));
  for (const { metadata, spec } of classes?.items ?? []) {
    const finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== GATEWAY_EXISTS);
    if (!isOf(controllerName, spec) || isDeepStrictEqual(finalizers, metadata.finalizers ?? [])) continue;
    const body = { metadata: { finalizers, resourceVersion: metadata.resourceVersion } };
    await unlessGone(() => client.patch(kind, metadata.name, { type: 'merge', body }));
    report(`released GatewayClass ${metadata.name}`);
  }
}

const isOf = (controllerName: string, spec: KubernetesObject['spec']): boolean =>
  typeof spec === 'object' && spec !== null && 'controllerName' in spec && spec.controllerName === controllerName;

async function unlessGone<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (withStatus(error, 404)) return undefined;
    throw error;
  }
}
