import type { Endpoint, EndpointSlice } from '../../../crds/kubernetes/endpoint-slice.ts';
import { SERVICE_NAME_LABEL } from '../../../crds/kubernetes/endpoint-slice.ts';
import { IMPORT_NAME_LABEL } from '../../../crds/kubernetes/service-import.ts';
import type { Collection, Fetch, Group, Index } from '../../graph/collection.ts';
import { equal } from '../../graph/equal.ts';
import type { Graph } from '../../graph/graph.ts';
import type { EndpointInputs, WantedAssignment, WantedPart } from '../../inputs.ts';
import type { EndpointNode, LoadAssignmentNode } from '../../ir/cluster-node.ts';
import type { Transport } from '../../ir/transport.ts';
import { compareText } from '../age.ts';
import { type BackendPort, loadAssignmentName } from './cluster-name.ts';
import { type FindPods, selectedPods } from './selected-pods.ts';

/** A slice may stand for a ServiceImport and for the Service that an implementation makes for it. */
function ownersOf({ metadata: { labels = {}, namespace = '' } }: EndpointSlice): readonly string[] {
  const [service, imported] = [labels[SERVICE_NAME_LABEL], labels[IMPORT_NAME_LABEL]];
  return [
    ...(service === undefined ? [] : [ownerOf({ namespace, service })]),
    ...(imported === undefined ? [] : [ownerOf({ namespace, service: imported, imported: true })]),
  ];
}

const ownerOf = ({ namespace, service, imported }: Pick<BackendPort, 'namespace' | 'service' | 'imported'>): string =>
  `${imported ? 'import' : 'service'}|${namespace}/${service}`;

/** The endpoints of every backend port that some cluster uses, however many fleets do. Keyed by load assignment. */
export function loadAssignments(graph: Graph, inputs: EndpointInputs): Collection<LoadAssignmentNode> {
  const slicesByService = graph.index('slicesByService', inputs.endpointSlices, ownersOf);
  const asked = graph.group('askedAssignments', inputs.wanted, { by: (wanted) => [wanted.name] });
  const backends = graph.derive('backendPorts', asked, firstOf, { equals: samePort });
  const findPods = selectedPods(graph, inputs.pods, backends);
  return graph.derive('loadAssignmentNodes', backends, function* ({ parts, ...wanted }, fetch) {
    const endpointsAt = (at: EndpointsAt) =>
      at.external ? podsOf(at, fetch, findPods) : endpointsOfPort(at, fetch, inputs, slicesByService);
    const node =
      parts === undefined
        ? { endpoints: endpointsAt(wanted) }
        : { endpoints: [], shares: parts.map((part) => ({ ...shareOf(part), endpoints: endpointsAt(part) })) };
    yield [wanted.name, { kind: 'LoadAssignment', name: wanted.name, ...node }];
  });
}

type EndpointsAt = BackendPort & Pick<WantedPart, 'selector'>;

/** Of the Pods that an XBackend selects: each by the port that it says, whatever the Pod declares. */
const podsOf = ({ selector, port }: EndpointsAt, fetch: Fetch, findPods: FindPods): readonly EndpointNode[] =>
  selector === undefined
    ? []
    : inOrder(
        findPods(fetch, selector).map(({ address, zone, draining }) => ({
          address,
          port,
          ...(zone === undefined ? {} : { zone }),
          draining,
        })),
      );

const shareOf = ({ weight, ...backend }: WantedPart) => ({ name: loadAssignmentName(backend), weight });

function endpointsOfPort(
  wanted: BackendPort,
  fetch: Fetch,
  { services, serviceImports }: Pick<EndpointInputs, 'services' | 'serviceImports'>,
  slicesByService: Index<EndpointSlice>,
): readonly EndpointNode[] {
  const key = `${wanted.namespace}/${wanted.service}`;
  const { transport: protocol = 'TCP' } = wanted;
  const ports = (wanted.imported ? fetch.one(serviceImports, key) : fetch.one(services, key))?.spec.ports ?? [];
  const port = ports.find((each) => each.port === wanted.port && (each.protocol ?? 'TCP') === protocol);
  const slices = port === undefined ? [] : fetch.by(slicesByService, ownerOf(wanted));
  return endpointsOf(slices, { name: port?.name ?? '', protocol });
}

/** Whichever fleet asks. */
const samePort = (a: WantedAssignment, b: WantedAssignment): boolean =>
  a.namespace === b.namespace &&
  a.service === b.service &&
  a.port === b.port &&
  a.transport === b.transport &&
  equal([a.selector, a.parts], [b.selector, b.parts]);

function* firstOf(group: Group<WantedAssignment>): Iterable<readonly [string, WantedAssignment]> {
  const [wanted] = group.members;
  if (wanted !== undefined) yield [group.key, wanted];
}

/** A port of a Service, as slices name it. */
interface NamedPort {
  readonly name: string;
  readonly protocol: Transport;
}

const endpointsOf = (slices: readonly EndpointSlice[], port: NamedPort): readonly EndpointNode[] =>
  inOrder(slices.flatMap((slice) => nodesOf(slice, port)));

/** Sorted and without doubles: one pod may stand in two slices for a moment, and two may share the address of their node. */
function inOrder(nodes: readonly EndpointNode[]): readonly EndpointNode[] {
  const found = new Map<string, EndpointNode>();
  for (const node of nodes) {
    const key = `${node.address}|${node.port}`;
    if (found.get(key)?.draining !== false) found.set(key, node);
  }
  return [...found.values()].sort((a, b) => compareText(a.address, b.address) || a.port - b.port);
}

/** Names are no addresses: a slice of FQDNs is left out, as Envoy's endpoints take IPs only. */
function nodesOf(slice: EndpointSlice, { name, protocol }: NamedPort): readonly EndpointNode[] {
  const port = slice.ports?.find((each) => (each.name ?? '') === name && (each.protocol ?? 'TCP') === protocol)?.port;
  if (port === undefined || slice.addressType === 'FQDN') return [];
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    const state = stateOf(endpoint);
    if (state === 'gone') return [];
    const zone = endpoint.zone === undefined ? {} : { zone: endpoint.zone };
    return endpoint.addresses.map((address) => ({ address, port, ...zone, draining: state === 'draining' }));
  });
}

/** EndpointConditions: an absent `ready` means true; a terminating endpoint that still serves is a last resort. */
function stateOf(endpoint: Endpoint): 'ready' | 'draining' | 'gone' {
  const { ready = true, serving = ready, terminating = false } = endpoint.conditions ?? {};
  if (terminating) return serving ? 'draining' : 'gone';
  return ready ? 'ready' : 'gone';
}
