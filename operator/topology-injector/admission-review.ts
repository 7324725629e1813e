import type { ObjectKey } from '../cluster/resource-kind.ts';

/** The label of nodes, and the annotation of pods from which proxies read their zone (contract C.9). */
export const ZONE = 'topology.kubernetes.io/zone';

/** A pod that is about to be bound to a node. */
export interface Binding {
  /** The API server's name for the request. */
  readonly uid: string;
  /** `<ns>/<name>` */
  readonly pod: ObjectKey;
  readonly namespace: string;
  readonly node: string;
  readonly isAnnotated: boolean;
}

/** Names of objects in URLs (RFC 1123): no `..` gets through, whoever asks. */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Reads an AdmissionReview (admission.k8s.io/v1) of the creation of `pods/binding`. Undefined: it is something else. */
export function parseBinding(body: string): Binding | undefined {
  const request = field(parseJson(body), 'request');
  const object = field(request, 'object');
  const [uid, namespace] = [field(request, 'uid'), field(request, 'namespace')];
  const [pod, node] = [field(field(object, 'metadata'), 'name') ?? field(request, 'name'), field(field(object, 'target'), 'name')];
  if (typeof uid !== 'string' || field(object, 'kind') !== 'Binding') return undefined;
  if (!isName(namespace) || !isName(pod) || !isName(node)) return undefined;
  const annotations = field(field(object, 'metadata'), 'annotations');
  return { uid, pod: `${namespace}/${pod}`, namespace, node, isAnnotated: typeof annotations === 'object' && annotations !== null };
}

/** Lets the Binding through, with the zone where there is one. The API server copies a Binding's annotations to the pod. */
export function answerTo({ uid, isAnnotated }: Binding, zone: string | undefined): object {
  const response = { uid, allowed: true };
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
  if (zone === undefined) return { ...review, response };
  const operation = isAnnotated
    ? { op: 'add', path: `/metadata/annotations/${ZONE.replace('/', '~1')}`, value: zone }
    : { op: 'add', path: '/metadata/annotations', value: { [ZONE]: zone } };
  const patch = Buffer.from(JSON.stringify([operation])).toString('base64');
  return { ...review, response: { ...response, patchType: 'JSONPatch', patch } };
}

const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value) && !value.includes('..');

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
