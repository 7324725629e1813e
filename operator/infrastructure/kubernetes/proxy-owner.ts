import type { KubernetesObject } from '../../../crds/object-meta.ts';

const OWNING_NAME = 'gateway.envoyproxy.io/owning-gateway-name';
const OWNING_NAMESPACE = 'gateway.envoyproxy.io/owning-gateway-namespace';
const OWNING_CLASS = 'gateway.envoyproxy.io/owning-gatewayclass';
/** What all objects of proxies carry (contract D.2). The rate limit service has another name and component. */
const PROXY = {
  'app.kubernetes.io/name': 'envoy',
  'app.kubernetes.io/component': 'proxy',
  'app.kubernetes.io/managed-by': 'envoy-gateway',
} as const;

/** For watches: everything that Envoy Gateway or we made. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by=envoy-gateway';
/** For watches: the pods of proxies. */
export const PROXY_PODS = `${MANAGED_BY},app.kubernetes.io/component=proxy`;

type Labels = Readonly<Record<string, string>>;

/**
 * Whose proxies labels say an object belongs to: `<ns>/<gateway>`, or the class where all its Gateways share a fleet. A Gateway's name that is too long
 * for a label is cut there, so it is not always the fleet's key. Undefined: to no proxies.
 */
export function ownerOf(labels: Labels = {}): string | undefined {
  if (Object.entries(PROXY).some(([name, value]) => labels[name] !== value)) return undefined;
  const { [OWNING_NAME]: name, [OWNING_NAMESPACE]: namespace, [OWNING_CLASS]: className } = labels;
  return name !== undefined && namespace !== undefined ? `${namespace}/${name}` : className;
}

/**
 * Whether an object that says whose it is may be this controller's: it lies in the controller's namespace or in that of its Gateway. Elsewhere it belongs to
 * another controller, which has its proxies in its own namespace.
 * @param home the controller's namespace
 */
export const liesWithOwner = (owner: string, namespace: string | undefined, home: string): boolean =>
  namespace === home || owner.startsWith(`${namespace}/`);

/** Annotation of what lies outside of the controller's namespace, where there may be proxies of other controllers too. */
const CONTROLLER = 'gateway.envoyproxy.io/controller-name';

/** Says whose it is: without that it is never deleted where others have proxies as well. */
export const withController = <T extends KubernetesObject>(object: T, controllerName: string): T => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [CONTROLLER]: controllerName } },
});

export interface Controller {
  readonly controllerName: string;
  /** Its namespace. */
  readonly home: string;
}

/** Whether it may be deleted when nobody wants it any more. In the controller's own namespace all that carries the labels of proxies may. */
export const isMadeBy = ({ metadata }: KubernetesObject, { controllerName, home }: Controller): boolean =>
  metadata.namespace === home || metadata.annotations?.[CONTROLLER] === controllerName;

/** The object with the labels by which it is found again, whatever a user's patch made of them. */
export function withOwner<T extends KubernetesObject>(object: T, labels: Labels): T {
  const kept = [OWNING_NAME, OWNING_NAMESPACE, OWNING_CLASS].flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]]));
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...PROXY, ...Object.fromEntries(kept) } } };
}
