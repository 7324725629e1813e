import type { Service, ServicePort } from '../../crds/kubernetes/service.ts';
import type { Collection, Fetch } from '../graph/collection.ts';
import type { SplitPart } from '../inputs.ts';
import type { BackendProtocol, ClusterNode } from '../ir/cluster-node.ts';
import type { Problem } from '../ir/problem.ts';
import { ok, type Result, refused } from '../ir/result.ts';
import type { Transport } from '../ir/transport.ts';
import { clusterName, loadAssignmentName } from './cluster-name.ts';
import { kindName } from './kind-name.ts';
import type { MayRefer } from './reference-grant.ts';
import { whyUnreadable } from './unreadable.ts';

/** Gateway API's BackendObjectReference. */
export interface BackendObjectRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
}

/** What a route needs to find its backends. */
export interface BackendSources {
  readonly services: Collection<Service>;
  readonly unreadable: Collection<string>;
  readonly mayRefer: MayRefer;
}

/** A resolved backend: one port of one Service, or several as one (`parts`; the port is the first then). */
export interface Backend {
  readonly cluster: ClusterNode;
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly parts?: readonly SplitPart[];
  readonly transport: Transport;
}

/** Where the reference stands: of which route, and in which field, for messages. */
export interface Reference {
  readonly kind: string;
  readonly namespace: string;
  readonly field: string;
  /** What is spoken to a port that does not say it; default: HTTP/1. */
  readonly protocol?: BackendProtocol;
}

export function resolveBackend(sources: BackendSources, fetch: Fetch, at: Reference, ref: BackendObjectRef): Result<Backend> {
  const group = ref.group ?? '';
  const kind = ref.kind ?? 'Service';
  const namespace = ref.namespace ?? at.namespace;
  const key = `${namespace}/${ref.name}`;
  if (group !== '' || kind !== 'Service') {
    return refused(problem('InvalidKind', at, `${kindName({ group, kind })} ${key} cannot be a backend; use a Service of the core group.`));
  }
  const from = { group: 'gateway.networking.k8s.io', kind: at.kind, namespace: at.namespace };
  if (!sources.mayRefer(fetch, from, { group, kind, namespace, name: ref.name })) {
    return refused(
      problem(
        'RefNotPermitted',
        at,
        `Service ${key} is in another namespace and no ReferenceGrant there admits ${at.kind}s of namespace ${at.namespace}; create one.`,
      ),
    );
  }
  if (ref.port === undefined)
    return refused(problem('PortNotSpecified', at, `Service ${key} needs a port; set port to one of the Service's.`));
  const service = fetch.one(sources.services, key);
  if (service === undefined) {
    const why = whyUnreadable(fetch, sources.unreadable, 'Service', namespace);
    return refused(problem('BackendNotFound', at, absent(why, key)));
  }
  return backendOf(at, service, key, ref.port);
}

const absent = (unreadable: string | undefined, key: string): string =>
  unreadable === undefined
    ? `Service ${key} does not exist; create it or correct the name.`
    : `Service ${key} cannot be read: ${unreadable}.`;

function backendOf(at: Reference, service: Service, key: string, number: number): Result<Backend> {
  if (service.spec.type === 'ExternalName') {
    return refused(
      problem(
        'InvalidBackendRef',
        at,
        `Service ${key} is of type ExternalName, which would lead traffic out by a name; use a Service with endpoints.`,
      ),
    );
  }
  const transport = at.kind === 'UDPRoute' ? 'UDP' : 'TCP';
  const ports = service.spec.ports.filter((each) => each.protocol === transport);
  const port = ports.find((each) => each.port === number);
  if (port === undefined) {
    const known = ports.map((each) => each.port).join(', ') || 'none';
    return refused(problem('PortNotFound', at, `Service ${key} has no ${transport} port ${number}; its ${transport} ports are: ${known}.`));
  }
  const protocol = protocolOf(at, port);
  if (protocol === undefined) {
    return refused(
      problem(
        'UnsupportedProtocol',
        at,
        `Service ${key} port ${number} has appProtocol ${port.appProtocol}, which is not supported; use kubernetes.io/h2c, kubernetes.io/ws or none.`,
      ),
    );
  }
  const backend = { namespace: service.metadata.namespace ?? '', service: service.metadata.name, port: number, transport } as const;
  return ok({ ...backend, cluster: clusterOf(backend, protocol) });
}

/** GEP-1911. Protocols that need TLS to the backend are not understood without a policy for it; others say nothing about HTTP. */
function protocolOf({ kind, protocol: unsaid = 'http1' }: Reference, port: ServicePort): BackendProtocol | undefined {
  if (kind === 'UDPRoute') return 'udp';
  // Bytes are passed on whatever they mean, by the cluster that others use too: what it says of HTTP does not concern them.
  if (kind === 'TCPRoute' || kind === 'TLSRoute') return 'http1';
  switch (port.appProtocol) {
    case 'kubernetes.io/h2c':
    case 'grpc':
      return 'http2';
    case 'kubernetes.io/wss':
      return undefined;
    default:
      return unsaid;
  }
}

function clusterOf(backend: Omit<Backend, 'cluster'>, protocol: BackendProtocol): ClusterNode {
  const { namespace, service, port, transport } = backend;
  const loadAssignment = loadAssignmentName(namespace, service, port, transport);
  return {
    kind: 'Cluster',
    // Only a UDP port is spoken to by UDP, and in no other way.
    name: transport === 'UDP' ? loadAssignment : clusterName(loadAssignment, { protocol }),
    loadAssignment,
    protocol,
    origin: { kind: 'Service', namespace, name: service, sectionName: String(port) },
  };
}

const problem = (reason: string, at: Reference, text: string): Problem => ({
  type: 'ResolvedRefs',
  reason,
  message: `Field ${at.field}: ${text}`,
});
