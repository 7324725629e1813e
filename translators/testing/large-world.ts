/** A world of any size for cost tests and benches, and changes in it that concern as many objects whatever the size is. */
import { MULTICLUSTER } from '../../crds/kubernetes/service-import.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { OTHER, SECURE } from './certificates.ts';
import { importedRule, importedSlice, serviceImport } from './import-objects.ts';
import {
  backendTlsPolicy,
  bundleRef,
  caConfigMap,
  callRule,
  caRef,
  clusterTrustBundle,
  endpointSlice,
  envoyProxy,
  gateway,
  gatewayClass,
  grpcRoute,
  httpRoute,
  type Listener,
  listener,
  listenerSet,
  namespace,
  referenceGrant,
  rule,
  service,
  tlsSecret,
} from './objects.ts';
import { mutualXBackend, outwardRule, xBackend } from './outside-objects.ts';
import { pod, podAt, podBackend } from './pod-objects.ts';
import { tcpRoute, tlsRoute } from './stream-objects.ts';
import { telemetryPolicy, tracesTo } from './telemetry-objects.ts';
import { retries, trafficPolicy } from './traffic-objects.ts';

const HOSTS = 50;
const ROUTES_PER_SERVICE = 10;

const LISTENERS: readonly Listener[] = [
  listener(),
  listener({ name: 'https', hostname: 'secure.example.com', secrets: ['infra/cert'] }),
  listener({
    name: 'selected',
    hostname: '*.selected.example.com',
    namespaces: { from: 'Selector', selector: { matchLabels: { tier: 'front' } } },
  }),
  listener({ name: 'pass', port: 8443, protocol: 'TLS', passthrough: true }),
  listener({ name: 'tcp', port: 9000, protocol: 'TCP' }),
];
/** Of the ListenerSets' HTTPS listeners, where the Gateway asks nothing of clients. */
const SET_PORT = 9443;
const TLS = {
  backend: { clientCertificateRef: { group: '', kind: 'Secret', name: 'client' } },
  frontend: {
    default: { validation: { caCertificateRefs: [caRef('clients')], mode: 'AllowValidOnly' } },
    perPort: [{ port: SET_PORT, tls: {} }],
  },
} as const;
const gatewayOf = (...more: readonly Listener[]): KubernetesObject =>
  gateway('infra/gw', [...LISTENERS, ...more], { proxy: 'proxy', tls: TLS, sets: { from: 'All' } });

const spread = (i: number): string => `ns-${i % HOSTS}`;
/** One name each, so that there is a chain for each. */
const tlsOf = (i: number, hostname = `raw-${i}.example.com`, to = serviceOf(i)): KubernetesObject =>
  tlsRoute(`${spread(i)}/tls-${i}`, { hostnames: [hostname], backends: [[to, 8080]] });
/** They all ask for one port; the first has it. */
const tcpOf = (i: number, to = serviceOf(i)): KubernetesObject =>
  tcpRoute(`${spread(i)}/tcp-${i}`, { parents: ['infra/gw/tcp'], backends: [[to, 8080]] });

/** Ten neighbours of one namespace share a Service of it. */
const serviceOf = (i: number): string => `${spread(i)}/s-${Math.floor(i / HOSTS / ROUTES_PER_SERVICE)}`;

const routeOf = (i: number, path = `/r-${i}`): KubernetesObject =>
  httpRoute(`${spread(i)}/r-${i}`, {
    hostnames: [`host-${i % HOSTS}.example.com`],
    rules: [rule({ path, backends: [[serviceOf(i), 8080]] })],
  });

const ROUTES_PER_SET = 10;
/** More than a port's hosts are listed one by one (`misdirected-requests.ts`). */
const MOST_LISTED = 64;
/** A plain listener and one with a certificate, in a namespace of its own choice. */
const setOf = (i: number, host = `set-${i}.example.com`): KubernetesObject =>
  listenerSet(`${spread(i)}/set-${i}`, [
    listener({ hostname: host }),
    listener({ name: 'https', port: SET_PORT, hostname: host, secrets: ['certs/cert'] }),
  ]);
const setGrant = referenceGrant('certs/grant', {
  from: Array.from({ length: HOSTS }, (_, i) => ['ListenerSet', spread(i)] as const),
  to: [['Secret']],
});

const grant = referenceGrant('shared/grant', { from: [['HTTPRoute', 'granted']], to: [['Service']] });
const selectedNamespace = (tier: string): KubernetesObject => namespace('selected', { tier });
const secretOf = ({ certificate, key }: typeof SECURE, name = 'cert'): KubernetesObject => tlsSecret(`infra/${name}`, certificate, key);
const policyOf = (hostname = 'shared.example.com'): KubernetesObject =>
  backendTlsPolicy('shared/tls', { validation: { caCertificateRefs: [caRef()], hostname } });
const budgetOf = (percent: number): KubernetesObject => trafficPolicy('shared/budget', ['s'], { retryConstraint: retries(percent) });
/** Traces of all that the Gateway serves, to a Service that nothing else leads to. */
const tracesOf = (name: string): KubernetesObject =>
  telemetryPolicy('infra/traces', ['gw'], { ...tracesTo('infra/collector', 8080), serviceName: name });
const collector = service('infra/collector');
const youngerTraces = telemetryPolicy('infra/younger', ['gw'], { mode: 'Disabled' });
/** For the ServiceImport of two routes. */
const sessionsOfFar = trafficPolicy('infra/sessions', ['ServiceImport:far'], { sessionPersistence: { type: 'Cookie' } });
const backendCa = ({ certificate }: typeof SECURE): KubernetesObject => caConfigMap('shared/ca', certificate);
const clientCa = ({ certificate }: typeof SECURE): KubernetesObject => caConfigMap('infra/clients', certificate);
const sliceOf = (address: string): KubernetesObject => endpointSlice('ns-7/s-0-1', 's-0', [address]);

/** Three routes each hang on the selector, on the grant, and on a host that no listener has a name for. */
const special = (i: number): readonly KubernetesObject[] => [
  httpRoute(`selected/r-${i}`, { hostnames: [`h-${i}.selected.example.com`], rules: [rule({ backends: [['shared/s', 8080]] })] }),
  httpRoute(`granted/r-${i}`, { hostnames: ['granted.example.com'], rules: [rule({ path: `/${i}`, backends: [['shared/s', 8080]] })] }),
  httpRoute(`infra/three-${i}`, { hostnames: ['three.example.com'], rules: [rule({ path: `/${i}` })] }),
];

/** For the ServiceImport, by a CA that is there for everybody. */
const importPolicy = backendTlsPolicy('infra/far', {
  service: 'far',
  target: { group: MULTICLUSTER, kind: 'ServiceImport' },
  validation: { caCertificateRefs: [bundleRef('all')] },
});
const bundleOf = ({ certificate }: typeof SECURE): KubernetesObject => clusterTrustBundle('all', certificate);

/** Two routes go to what other clusters export. */
const importOf = (appProtocol?: string): KubernetesObject => serviceImport('infra/far', appProtocol);
const importedSliceOf = (address: string): KubernetesObject => importedSlice('infra/far-1', 'far', address);
const afar = (i: number): KubernetesObject =>
  httpRoute(`infra/far-${i}`, { hostnames: [`far-${i}.example.com`], rules: [importedRule('infra/far', '/')] });

/** Two routes go to a name of the world outside. */
const outsideOf = (hostname: string): KubernetesObject => xBackend('infra/outside', hostname);
const outwards = (i: number): KubernetesObject =>
  httpRoute(`infra/out-${i}`, { hostnames: [`out-${i}.example.com`], rules: [outwardRule('infra/outside', '/')] });
/** And two to one that has a certificate of its own proven to it. */
const mutuals = (i: number): KubernetesObject =>
  httpRoute(`shared/out-${i}`, { hostnames: [`mutual-${i}.example.com`], rules: [outwardRule('shared/mutual', '/')] });
const proofOf = (pair: typeof SECURE): KubernetesObject => tlsSecret('shared/proof', pair.certificate, pair.key);

/** A tenth as many XBackends of Pods, each with a route and a Pod of its own; one label is on all of them. */
const podLabels = (i: number, unit: string) => ({ tier: 'back', unit: `${unit}-${i}` });
const selectorOf = (i: number, unit = 'unit'): KubernetesObject => podBackend(`${spread(i)}/pods-${i}`, podLabels(i, unit));
const podOf = (i: number, unit = 'unit'): KubernetesObject => podAt(`${spread(i)}/pod-${i}`, podLabels(i, unit), '10.2.0.1');
const toPods = (i: number): KubernetesObject =>
  httpRoute(`${spread(i)}/pods-${i}`, {
    hostnames: [`pods-${i % HOSTS}.example.com`],
    rules: [outwardRule(`${spread(i)}/pods-${i}`, `/pods-${i}`)],
  });
const unreadyPod = pod('ns-3/pod-3', podLabels(3, 'unit'), {
  status: { podIP: '10.2.0.1', conditions: [{ type: 'Ready', status: 'False' }] },
});

/** A hundredth as many GRPCRoutes, on hosts of their own. */
const callsOf = (i: number, host = `calls-${i}.example.com`, service?: string): KubernetesObject =>
  grpcRoute(`${spread(i)}/calls-${i}`, {
    hostnames: [host],
    rules: [callRule({ ...(service === undefined ? {} : { service }), backends: [[serviceOf(i), 8080]] })],
  });
const ofThree = (created: string): KubernetesObject =>
  grpcRoute('infra/calls', { hostnames: ['three.example.com'], rules: [callRule({ backends: [['shared/s', 8080]] })], created });

/** `size` routes of a kind on one Gateway, on 50 hosts in 50 namespaces, ten to a Service; a ListenerSet for every ten; and the few that the changes are about. */
export function* largeWorld(size: number): Iterable<KubernetesObject> {
  yield gatewayClass('gatehouse');
  yield gatewayOf();
  yield envoyProxy('infra/proxy');
  yield* ['infra', 'shared', 'granted'].map((name) => namespace(name));
  yield* Array.from({ length: HOSTS }, (_, i) => namespace(spread(i)));
  yield* [selectedNamespace('front'), secretOf(SECURE), grant, service('shared/s'), endpointSlice('shared/s-1', 's', ['10.9.9.9'])];
  yield* [policyOf(), budgetOf(20), backendCa(SECURE), clientCa(SECURE), secretOf(SECURE, 'client')];
  yield* [tracesOf('edge'), collector];
  for (let i = 0; i < 3; i++) yield* special(i);
  yield* [importOf(), importedSliceOf('10.1.0.1'), afar(0), afar(1), importPolicy, bundleOf(SECURE)];
  yield* [outsideOf('a.example.net'), outwards(0), outwards(1)];
  yield* [mutualXBackend('shared/mutual', 'shared/proof'), proofOf(SECURE), mutuals(0), mutuals(1)];
  for (let i = 0; i < size; i++) yield* [routeOf(i), tlsOf(i), tcpOf(i)];
  for (let i = 0; i < size / 10; i++) yield* [selectorOf(i), podOf(i), toPods(i)];
  for (let i = 0; i < size / 100; i++) yield callsOf(i);
  yield* [namespace('certs'), setGrant, tlsSecret('certs/cert', SECURE.certificate, SECURE.key)];
  for (let i = 0; i < MOST_LISTED + size / ROUTES_PER_SET; i++) yield setOf(i);
  yield httpRoute('infra/of-set', {
    parents: ['ListenerSet:ns-3/set-3'],
    rules: [rule({ path: '/of-set', backends: [['shared/s', 8080]] })],
  });
  const services = new Set(Array.from({ length: size }, (_, i) => serviceOf(i)));
  for (const name of services) {
    yield service(name);
    yield name === 'ns-7/s-0' ? sliceOf('10.0.0.1') : endpointSlice(`${name}-1`, name.slice(name.indexOf('/') + 1), ['10.0.0.1']);
  }
}

/** One object and what becomes of it, there and back. */
export interface Change {
  readonly there: KubernetesObject;
  readonly back: KubernetesObject;
  /** `there` is the object that goes. */
  readonly removes?: boolean;
  /** `there` is the object that comes, and goes on the way back. */
  readonly adds?: boolean;
}

export const CHANGES: Readonly<Record<string, Change>> = {
  'route edited': { there: routeOf(57, '/edited'), back: routeOf(57) },
  'TLSRoute sent elsewhere': { there: tlsOf(7, 'raw-7.example.com', 'ns-7/gone'), back: tlsOf(7) },
  'TLSRoute renamed': { there: tlsOf(7, 'other.example.com'), back: tlsOf(7) },
  'TCPRoute that has a listener sent elsewhere': { there: tcpOf(0, 'ns-0/gone'), back: tcpOf(0) },
  'TCPRoute that an older one goes before': { there: tcpOf(7, 'ns-7/gone'), back: tcpOf(7) },
  'endpoint changed': { there: sliceOf('10.0.0.2'), back: sliceOf('10.0.0.1') },
  'endpoint of a ServiceImport changed': { there: importedSliceOf('10.1.0.2'), back: importedSliceOf('10.1.0.1') },
  'ServiceImport edited': { there: importOf('kubernetes.io/h2c'), back: importOf() },
  'ServiceImport gone': { there: importOf(), back: importOf(), removes: true },
  'BackendTLSPolicy of a ServiceImport gone': { there: importPolicy, back: importPolicy, removes: true },
  'ClusterTrustBundle renewed': { there: bundleOf(OTHER), back: bundleOf(SECURE) },
  'ClusterTrustBundle gone': { there: bundleOf(SECURE), back: bundleOf(SECURE), removes: true },
  'XBackend edited': { there: outsideOf('b.example.net'), back: outsideOf('a.example.net') },
  'XBackend gone': { there: outsideOf('a.example.net'), back: outsideOf('a.example.net'), removes: true },
  'Pod of an XBackend no longer ready': { there: unreadyPod, back: podOf(3) },
  'Pod of an XBackend relabelled': { there: podOf(3, 'other'), back: podOf(3) },
  'Pod of an XBackend gone': { there: podOf(3), back: podOf(3), removes: true },
  'selector of an XBackend edited': { there: selectorOf(3, 'other'), back: selectorOf(3) },
  'XBackend of Pods gone': { there: selectorOf(3), back: selectorOf(3), removes: true },
  'certificate of an XBackend renewed': { there: proofOf(OTHER), back: proofOf(SECURE) },
  'certificate of an XBackend gone': { there: proofOf(SECURE), back: proofOf(SECURE), removes: true },
  'route to an XBackend gone': { there: mutuals(0), back: mutuals(0), removes: true },
  'Secret renewed': { there: secretOf(OTHER), back: secretOf(SECURE) },
  'namespace relabelled': { there: selectedNamespace('back'), back: selectedNamespace('front') },
  'listener added that meets no route': { there: gatewayOf(listener({ name: 'more', hostname: 'more.example.net' })), back: gatewayOf() },
  'listener added that meets three routes': {
    there: gatewayOf(listener({ name: 'three', port: 8080, hostname: 'three.example.com' })),
    back: gatewayOf(),
  },
  'GRPCRoute edited': { there: callsOf(0, undefined, 'shop.Cart'), back: callsOf(0) },
  'GRPCRoute added that takes the host of three HTTPRoutes': {
    back: ofThree('2025-01-01T00:00:00Z'),
    there: ofThree('2025-01-01T00:00:00Z'),
    adds: true,
  },
  'GRPCRoute added that comes after three HTTPRoutes': {
    back: ofThree('2027-01-01T00:00:00Z'),
    there: ofThree('2027-01-01T00:00:00Z'),
    adds: true,
  },
  'ListenerSet edited': { there: setOf(7, 'other.example.com'), back: setOf(7) },
  'ListenerSet that routes name edited': { there: setOf(3, 'other.example.com'), back: setOf(3) },
  'ListenerSet removed': { there: setOf(5), back: setOf(5), removes: true },
  'EnvoyProxy edited': { there: envoyProxy('infra/proxy', { ipFamily: 'IPv6' }), back: envoyProxy('infra/proxy') },
  'BackendTLSPolicy edited': { there: policyOf('other.example.com'), back: policyOf() },
  'BackendTLSPolicy gone': { there: policyOf(), back: policyOf(), removes: true },
  'retry budget edited': { there: budgetOf(30), back: budgetOf(20) },
  'sessions of a ServiceImport come': { there: sessionsOfFar, back: sessionsOfFar, adds: true },
  'retry budget gone': { there: budgetOf(20), back: budgetOf(20), removes: true },
  'traces edited': { there: tracesOf('other'), back: tracesOf('edge') },
  'traces gone': { there: tracesOf('edge'), back: tracesOf('edge'), removes: true },
  'traces that an older policy goes before': { there: youngerTraces, back: youngerTraces, adds: true },
  'collector of traces gone': { there: collector, back: collector, removes: true },
  'CA of backends renewed': { there: backendCa(OTHER), back: backendCa(SECURE) },
  'CA of clients renewed': { there: clientCa(OTHER), back: clientCa(SECURE) },
  'certificate of the Gateway renewed': { there: secretOf(OTHER, 'client'), back: secretOf(SECURE, 'client') },
  'ReferenceGrant removed': { there: grant, back: grant, removes: true },
};
