import { GROUP as GATEWAY_API } from '../../../crds/gateway-api/names.ts';
import { EXPERIMENTS } from '../../../crds/gateway-api/x-backend-traffic-policy.ts';
import { type ImportedPort, MULTICLUSTER } from '../../../crds/kubernetes/service-import.ts';
import type { Fetch } from '../../graph/collection.ts';
import type { SplitPart } from '../../inputs.ts';
import type { BackendProtocol, ClusterNode } from '../../ir/cluster-node.ts';
import { splitKey } from '../../ir/object-key.ts';
import type { Problem } from '../../ir/problem.ts';
import { ok, type Result, refused } from '../../ir/result.ts';
import type { Transport } from '../../ir/transport.ts';
import { kindName } from '../kind-name.ts';
import type { MayRefer } from '../reference-grant.ts';
import { whyUnreadable } from '../unreadable.ts';
import {
  type BackendObject,
  type BackendObjects,
  backendKey,
  backendKind,
  backendObject,
  backendText,
  externalReach,
  fetchBackend,
  whyAbsent,
} from './backend-object.ts';
import type { FindBackendTls, TlsChoice } from './backend-tls.ts';
import { type ChooseProtocol, chosenProtocol } from './chosen-protocol.ts';
import { type ClusterSettings, clusterName, loadAssignmentName } from './cluster-name.ts';
import type { FindExternalBackend } from './external-backends.ts';
import { externalCluster } from './external-cluster.ts';
import type { FindTrafficSettings, TrafficSettings } from './traffic-policy.ts';

/** Gateway API's BackendObjectReference. */
export interface BackendObjectRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
}

/** What a route needs to find its backends. */
export interface BackendSources extends BackendObjects {
  readonly mayRefer: MayRefer;
  readonly backendTls: FindBackendTls;
  readonly traffic: FindTrafficSettings;
  readonly external: FindExternalBackend;
}

/** A resolved backend: one port of one Service or ServiceImport, or several as one (`parts`; the port is the first then). */
export interface Backend {
  readonly cluster: ClusterNode;
  readonly namespace: string;
  readonly service: string;
  readonly imported?: true;
  /** An XBackend: what it leads to is not in the cluster. */
  readonly external?: true;
  readonly port: number;
  readonly parts?: readonly SplitPart[];
  readonly transport: Transport;
}

/** Where the reference stands: of which route, and in which field, for messages. */
export interface Reference {
  /** Absent: the Gateway API's. */
  readonly group?: string;
  readonly kind: string;
  readonly namespace: string;
  readonly field: string;
  /** What is spoken to a port that does not say it, or by what it says besides (`appProtocol`); default: HTTP/1, over TLS what both sides agree on. */
  readonly protocol?: BackendProtocol | ChooseProtocol;
  /** Whatever the policies for the backend say, no TLS is put around what is sent. */
  readonly asItIs?: true;
}

/** A port of a Service or ServiceImport that may be referred to, whether or not there is one; or an XBackend, which has but one. */
export interface ServicePortRef extends BackendObject {
  readonly external?: true;
  /** Of a ServiceImport it may be left out: the only one that it has (GEP-1748). Of an XBackend it is. */
  readonly port: number | undefined;
}

/** What statuses speak of: `<backendKey>/<port>`; the port is empty where it is left out, and of an XBackend, which has but one. */
export const reachedBy = (ref: ServicePortRef): readonly [string] => [
  ref.external ? `${externalReach(ref.service)}/` : `${backendKey(ref)}/${ref.port ?? ''}`,
];

const externalObject = ({ group, kind }: { readonly group: string; readonly kind: string }, service: string) =>
  group === EXPERIMENTS && kind === 'XBackend' ? { service, external: true as const } : undefined;

/** What may be referred to; the first half of resolving a backend. */
export function permittedBackend(sources: BackendSources, fetch: Fetch, at: Reference, ref: BackendObjectRef): Result<ServicePortRef> {
  const group = ref.group ?? '';
  const kind = ref.kind ?? 'Service';
  const namespace = ref.namespace ?? at.namespace;
  const key = `${namespace}/${ref.name}`;
  const object = backendObject({ group, kind }, key) ?? externalObject({ group, kind }, key);
  if (object === undefined) {
    return refused(
      problem(
        'InvalidKind',
        at,
        `${kindName({ group, kind })} ${key} cannot be a backend; use a Service of the core group, a ServiceImport of ${MULTICLUSTER}, or an XBackend of ${EXPERIMENTS}.`,
      ),
    );
  }
  const from = { group: at.group ?? GATEWAY_API, kind: at.kind, namespace: at.namespace };
  if (!sources.mayRefer(fetch, from, { group, kind, namespace, name: ref.name })) {
    return refused(
      problem(
        'RefNotPermitted',
        at,
        `${kind} ${key} is in another namespace and no ReferenceGrant there admits ${plural(at.kind)} of namespace ${at.namespace}; create one.`,
      ),
    );
  }
  if (ref.port === undefined && kind === 'Service')
    return refused(problem('PortNotSpecified', at, `Service ${key} needs a port; set port to one of the Service's.`));
  return ok({ ...object, port: ref.port });
}

/** The backend behind a reference that is permitted. */
export function resolveBackend(sources: BackendSources, fetch: Fetch, at: Reference, ref: ServicePortRef): Result<Backend> {
  if (ref.external) return resolveExternal(sources, fetch, at, ref);
  const object = fetchBackend(fetch, sources, ref);
  if (object === undefined) return refused(problem('BackendNotFound', at, whyAbsent(fetch, sources, ref)));
  if ('type' in object.spec && object.spec.type === 'ExternalName') return refused(problem('InvalidBackendRef', at, leadsOut(ref.service)));
  const found = portOf(at, ref, object.spec.ports);
  if (!found.ok) return found;
  const tls = at.asItIs === true ? undefined : sources.backendTls(fetch, ref, found.value.name ?? '');
  return backendOf(at, ref, found.value, { tls, traffic: trafficOf(sources, fetch, at, ref) });
}

function resolveExternal(
  sources: BackendSources,
  fetch: Fetch,
  at: Reference,
  { service: key, port: asked }: ServicePortRef,
): Result<Backend> {
  const choice = sources.external(fetch, key);
  const { namespace, name } = splitKey(key);
  const what = `XBackend ${key}`;
  if (choice === undefined) {
    const why = whyUnreadable(fetch, sources.unreadable, 'XBackend', namespace);
    const text = why === undefined ? 'does not exist; create it or correct the name' : `cannot be read: ${why}`;
    return refused(problem('BackendNotFound', at, `${what} ${text}.`));
  }
  const found = externalCluster(choice, at, key);
  if (!found.ok) return refused(problem(found.reason, at, `${what} ${found.why}`));
  const { cluster, port } = found;
  if (asked !== undefined && asked !== port)
    return refused(problem('PortNotFound', at, `${what} is for port ${port} alone; leave out port ${asked}.`));
  return ok({ cluster, namespace, service: name, external: true, port, transport: 'TCP' });
}

/** Bytes are not tried again, and belong to no session: their clusters stay what they are. */
export function trafficOf(
  sources: BackendSources,
  fetch: Fetch,
  at: Pick<Reference, 'kind'>,
  ref: BackendObject,
): TrafficSettings | undefined {
  return at.kind === 'HTTPRoute' || at.kind === 'GRPCRoute' ? sources.traffic(fetch, ref) : undefined;
}

const plural = (kind: string): string => (/[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`);

const leadsOut = (key: string): string =>
  `Service ${key} is of type ExternalName, which would lead traffic out by a name; use a Service with endpoints.`;

const transportOfRoute = ({ kind }: Reference): Transport => (kind === 'UDPRoute' ? 'UDP' : 'TCP');

/** A port of a Service or ServiceImport. */
type NamedPort = Pick<ImportedPort, 'name' | 'port' | 'protocol' | 'appProtocol'>;

function portOf(at: Reference, ref: ServicePortRef, all: readonly NamedPort[]): Result<NamedPort> {
  const transport = transportOfRoute(at);
  const ports = all.filter((each) => each.protocol === transport);
  const port = ref.port === undefined && ports.length === 1 ? ports[0] : ports.find((each) => each.port === ref.port);
  if (port !== undefined) return ok(port);
  const what = backendText(ref);
  const known = ports.map((each) => each.port).join(', ') || 'none';
  return refused(
    ref.port === undefined
      ? problem('PortNotSpecified', at, `${what} needs a port, since it has not just one; its ${transport} ports are: ${known}.`)
      : problem('PortNotFound', at, `${what} has no ${transport} port ${ref.port}; its ${transport} ports are: ${known}.`),
  );
}

interface Policies {
  readonly tls: TlsChoice | undefined;
  readonly traffic: TrafficSettings | undefined;
}

function backendOf(at: Reference, ref: ServicePortRef, port: NamedPort, { tls, traffic }: Policies): Result<Backend> {
  const { namespace, name } = splitKey(ref.service);
  if (tls?.ok === false) return refused(problem('InvalidBackendTLS', at, unverifiable(ref, port.port, tls.policy)));
  const protocol = protocolOf(at, port, tls !== undefined);
  if (protocol === undefined) {
    return refused(
      problem(
        'UnsupportedProtocol',
        at,
        `${backendText(ref)} port ${port.port} has appProtocol ${port.appProtocol}, ${at.kind === 'GRPCRoute' ? 'which cannot carry gRPC; use kubernetes.io/h2c or none' : 'which needs TLS; attach a BackendTLSPolicy, or use kubernetes.io/h2c, kubernetes.io/ws or none'}.`,
      ),
    );
  }
  const transport = transportOfRoute(at);
  const backend = { namespace, service: name, ...(ref.imported ? { imported: ref.imported } : {}), port: port.port, transport };
  return ok({ ...backend, cluster: clusterOf(backend, { protocol, tls: tls?.tls, retryBudget: traffic?.retryBudget }) });
}

const unverifiable = (object: BackendObject, port: number, policy: string): string =>
  `${backendText(object)} port ${port} has BackendTLSPolicy ${policy}, which cannot be honoured, so that nothing is sent to it; the status of the policy says why.`;

/** GEP-1911. Over TLS the two sides agree on a version of HTTP unless the Service says it; what it says of anything but HTTP is passed over. */
function protocolOf({ kind, protocol }: Reference, port: NamedPort, secure: boolean): BackendProtocol | undefined {
  if (kind === 'UDPRoute') return 'udp';
  if (kind === 'GRPCRoute') return grpcProtocolOf(port);
  const unsaid = chosenProtocol(protocol, port.port, port.appProtocol) ?? (secure ? 'negotiated' : 'http1');
  // Bytes are passed on whatever they mean, by the cluster that others use too: what it says of HTTP does not concern them.
  if (kind === 'TCPRoute' || kind === 'TLSRoute') return unsaid;

  switch (port.appProtocol) {
    case 'kubernetes.io/h2c':
    case 'grpc':
      return 'http2';
    case 'kubernetes.io/ws':
      return 'http1';
    case 'kubernetes.io/wss':
      return secure ? 'http1' : undefined;
    default:
      return unsaid;
  }
}

/** gRPC is HTTP/2, whatever the port says of itself; a port for WebSockets takes no calls (GRPCBackendRef, UnsupportedProtocol). */
const grpcProtocolOf = ({ appProtocol }: NamedPort): BackendProtocol | undefined =>
  appProtocol === 'kubernetes.io/ws' || appProtocol === 'kubernetes.io/wss' ? undefined : 'http2';

function clusterOf(backend: Omit<Backend, 'cluster'>, settings: ClusterSettings): ClusterNode {
  const { protocol, tls, retryBudget } = settings;
  const { namespace, service, port, transport } = backend;
  const loadAssignment = loadAssignmentName(backend);
  return {
    kind: 'Cluster',
    // Only a UDP port is spoken to by UDP, and in no other way.
    name: transport === 'UDP' ? loadAssignment : clusterName(loadAssignment, settings),
    loadAssignment,
    protocol,
    ...(tls === undefined ? {} : { tls }),
    ...(retryBudget === undefined ? {} : { retryBudget }),
    origin: { kind: backendKind(backend), namespace, name: service, sectionName: String(port) },
  };
}

const problem = (reason: string, at: Reference, text: string): Problem => ({
  type: 'ResolvedRefs',
  reason,
  message: `Field ${at.field}: ${text}`,
});
