import type { XBackendSpec } from '../../../crds/gateway-api/x-backend.ts';
import type { BackendProtocol, ClusterNode } from '../../ir/cluster-node.ts';
import { splitKey } from '../../ir/object-key.ts';
import { type ChooseProtocol, chosenProtocol } from './chosen-protocol.ts';
import { clusterName, loadAssignmentName } from './cluster-name.ts';
import type { ExternalBackend, ExternalChoice } from './external-backends.ts';

/** Who refers to it, as far as it matters here (`Reference`). */
interface Asking {
  readonly kind: string;
  readonly protocol?: BackendProtocol | ChooseProtocol;
  readonly asItIs?: true;
}

/** What an XBackend is for a route; `why` follows `XBackend <ns>/<name>` in a sentence. */
export type ExternalCluster =
  | { readonly ok: true; readonly cluster: ClusterNode; readonly port: number }
  | { readonly ok: false; readonly reason: string; readonly why: string };

/** @param key of the XBackend */
export function externalCluster(choice: ExternalChoice, at: Asking, key: string): ExternalCluster {
  if (!choice.ok) return choice;
  const { hostname, port, protocol: said } = choice.backend;
  const { namespace, name: service } = splitKey(key);
  const tls = at.asItIs === true ? undefined : choice.backend.tls;
  const protocol = protocolOf(choice.backend, at);
  if (protocol === undefined) {
    const why = `has protocol ${said ?? 'unset'}, which a ${at.kind} cannot send to; ${CURES[at.kind] ?? 'use an HTTPRoute'}.`;
    return { ok: false, reason: 'UnsupportedProtocol', why };
  }
  const backend = loadAssignmentName({ namespace, service, external: true, port });
  const name = clusterName(backend, { protocol, tls, ...(hostname === undefined ? {} : { hostname }) });
  const origin = { kind: 'XBackend', namespace, name: service, sectionName: String(port) };
  const where = hostname === undefined ? { loadAssignment: backend } : { loadAssignment: name, dns: { hostname, port } };
  const cluster: ClusterNode = { kind: 'Cluster', name, ...where, protocol, origin };
  return { ok: true, port, cluster: tls === undefined ? cluster : { ...cluster, tls } };
}

const CURES: Readonly<Record<string, string>> = {
  HTTPRoute: 'use a TCPRoute, or another protocol',
  GRPCRoute: 'use GRPC, or none',
  UDPRoute: 'use a Service',
  XTelemetryPolicy: 'use GRPC or HTTP',
};

type Said = XBackendSpec['protocol'];

/** Bytes are passed on whatever they mean. MCP is spoken by HTTP, and nobody looks into it here. */
function protocolOf({ protocol: said, tls, port }: ExternalBackend, { kind, protocol, asItIs }: Asking): BackendProtocol | undefined {
  const secure = tls !== undefined && asItIs !== true;
  switch (kind) {
    case 'UDPRoute':
      return undefined;
    case 'TCPRoute':
    case 'TLSRoute':
      return secure ? 'negotiated' : 'http1';
    case 'GRPCRoute':
      return CALLED.has(said) ? 'http2' : undefined;
    default:
      return said === 'TCP' ? undefined : (SPOKEN.get(said) ?? chosenProtocol(protocol, port, said) ?? (secure ? 'negotiated' : 'http1'));
  }
}

/** What carries gRPC. */
const CALLED: ReadonlySet<Said> = new Set<Said>([undefined, 'HTTP', 'HTTP2', 'H2C', 'GRPC']);
/** What says more than that it is HTTP. */
const SPOKEN: ReadonlyMap<Said, BackendProtocol> = new Map<Said, BackendProtocol>([
  ['HTTP11', 'http1'],
  ['WSS', 'http1'],
  ['HTTP2', 'http2'],
  ['H2C', 'http2'],
  ['GRPC', 'http2'],
]);
