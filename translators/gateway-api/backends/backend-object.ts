import type { Service } from '../../../crds/kubernetes/service.ts';
import type { ServiceImport } from '../../../crds/kubernetes/service-import.ts';
import { MULTICLUSTER } from '../../../crds/kubernetes/service-import.ts';
import type { Collection, Fetch } from '../../graph/collection.ts';
import { splitKey } from '../../ir/object-key.ts';
import { whyUnreadable } from '../unreadable.ts';

/** What traffic can be sent to, and therefore also what a policy for backends can be for: a Service, or (`imported`) a ServiceImport. */
export interface BackendObject {
  /** `<ns>/<name>` */
  readonly service: string;
  readonly imported?: true;
}

/** The one list of kinds of backends. Undefined: no object of that kind is one. */
export function backendObject(
  { group, kind }: { readonly group: string; readonly kind: string },
  service: string,
): BackendObject | undefined {
  if (group === '' && kind === 'Service') return { service };
  return group === MULTICLUSTER && kind === 'ServiceImport' ? { service, imported: true } : undefined;
}

/** `service/<ns>/<name>` or `serviceimport/<ns>/<name>`: two of one name are two backends. */
export const backendKey = ({ service, imported }: BackendObject): string => `${imported ? 'serviceimport' : 'service'}/${service}`;

const REACHED = 'xbackend/';

/** The same of an XBackend, by its key. */
export const externalReach = (key: string): string => `${REACHED}${key}`;

export const isExternalReach = (backend: string): boolean => backend.startsWith(REACHED);

export const backendKind = ({ imported }: Pick<BackendObject, 'imported'>): 'Service' | 'ServiceImport' =>
  imported ? 'ServiceImport' : 'Service';

export const backendText = (object: BackendObject): string => `${backendKind(object)} ${object.service}`;

export interface BackendObjects {
  readonly services: Collection<Service>;
  readonly serviceImports: Collection<ServiceImport>;
  readonly unreadable: Collection<string>;
}

export const fetchBackend = (fetch: Fetch, { services, serviceImports }: BackendObjects, { service, imported }: BackendObject) =>
  imported ? fetch.one(serviceImports, service) : fetch.one(services, service);

/** Why there is none, for messages. */
export function whyAbsent(fetch: Fetch, { unreadable }: BackendObjects, object: BackendObject): string {
  const why = whyUnreadable(fetch, unreadable, backendKind(object), splitKey(object.service).namespace);
  return why === undefined
    ? `${backendText(object)} does not exist; create it or correct the name.`
    : `${backendText(object)} cannot be read: ${why}.`;
}
