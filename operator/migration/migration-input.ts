import type { EnvoyGateway } from '../../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { isObject } from '../../crds/json-schema.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../../translators/ir/object-key.ts';
import { fieldsOf, objectsIn } from '../infrastructure/kubernetes/json-fields.ts';

/** What is looked at: objects as Envoy Gateway left them, with their statuses. */
export interface MigrationInput {
  readonly objects: readonly KubernetesObject[];
  /** All there is of the kinds that are read, and not only what somebody chose to put into files. */
  readonly whole: boolean;
  /** The controller's namespace. */
  readonly namespace: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of Gatehouse: its image is named by it. */
  readonly version: string;
}

/** Which of the objects are Envoy Gateway's to serve. */
export interface Scope {
  readonly controllerName: string;
  /** GatewayClasses, by name. */
  readonly classes: ReadonlySet<string>;
  /** Gateways, as `<ns>/<name>`. */
  readonly gateways: ReadonlySet<string>;
}

export const GATEWAY_API = 'gateway.networking.k8s.io';
export const GATEWAY_API_EXPERIMENTS = 'gateway.networking.x-k8s.io';
export const ENVOY_GATEWAY = 'gateway.envoyproxy.io';

/** Empty for the core group. */
export const groupOf = ({ apiVersion }: Pick<KubernetesObject, 'apiVersion'>): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

export function scopeOf(objects: readonly KubernetesObject[], { gateway: { controllerName } }: Pick<EnvoyGateway, 'gateway'>): Scope {
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind && groupOf(object) === GATEWAY_API);
  const classes = ofKind('GatewayClass').filter(({ spec }) => fieldsOf(spec)['controllerName'] === controllerName);
  const names = new Set(classes.map(({ metadata }) => metadata.name));
  const gateways = ofKind('Gateway').filter(({ spec }) => names.has(String(fieldsOf(spec)['gatewayClassName'])));
  return { controllerName, classes: names, gateways: new Set(gateways.map(objectKey)) };
}

/** Whether an object of the Gateway API, or of Envoy Gateway's own, is Envoy Gateway's to serve; in doubt it is. */
export function isServed(object: KubernetesObject, { controllerName, classes, gateways }: Scope): boolean {
  if (object.kind === 'GatewayClass') return classes.has(object.metadata.name);
  if (object.kind === 'Gateway') return gateways.has(objectKey(object));
  const spec = fieldsOf(object.spec);
  const parents = [...objectsIn(spec['parentRefs']), ...(isObject(spec['parentRef']) ? [spec['parentRef']] : [])];
  if (parents.length > 0) return parents.some((parent) => namesServed(parent, object.metadata.namespace, gateways));
  const controllers = controllersIn(fieldsOf(object.status));
  return controllers.length === 0 || controllers.includes(controllerName);
}

/** What hangs on a ListenerSet hangs on a Gateway that is not looked for: in doubt it is ours. */
function namesServed(
  { kind = 'Gateway', namespace, name }: Readonly<Record<string, unknown>>,
  own: string | undefined,
  gateways: ReadonlySet<string>,
): boolean {
  if (kind === 'Service') return false;
  return kind !== 'Gateway' || gateways.has(`${String(namespace ?? own ?? '')}/${String(name)}`);
}

const controllersIn = (status: Readonly<Record<string, unknown>>): readonly unknown[] =>
  [...objectsIn(status['ancestors']), ...objectsIn(status['parents'])].map(({ controllerName }) => controllerName);
