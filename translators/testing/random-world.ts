/** Small worlds for property tests: few names, so that objects meet, and every object sometimes broken. */
import fc from 'fast-check';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../ir/object-key.ts';
import { EXPIRED, OTHER, SECURE, WEAK } from './certificates.ts';
import { node } from './cloud-objects.ts';
import {
  backendTlsPolicy,
  caConfigMap,
  callRule,
  endpointSlice,
  envoyProxy,
  type GatewayChoice,
  gateway,
  gatewayClass,
  grpcRoute,
  httpRoute,
  listener,
  listenerSet,
  namespace,
  referenceGrant,
  rule,
  service,
  tlsSecret,
} from './objects.ts';
import { mutualXBackend, outwardRule, randomOutwardRoutes, randomXBackends, xBackend } from './outside-objects.ts';
import { podAt, randomPodBackends, randomPods } from './pod-objects.ts';
import { askingByName, nodes } from './random-clouds.ts';
import { imports, SOUND_IMPORTS } from './random-imports.ts';
import { listeners } from './random-listeners.ts';
import { PROXIES, proxies } from './random-proxies.ts';
import { grpcRoutes, routes } from './random-routes.ts';
import { datagramServices, SOUND_STREAM_LISTENERS, SOUND_STREAMS, streamRoutes } from './random-streams.ts';
import { configMaps, gatewayTls, policies, trustBundles } from './random-tls.ts';
import { randomTelemetryPolicies, telemetryPolicy, tracesTo } from './telemetry-objects.ts';
import { randomTrafficPolicies, retries, trafficPolicy } from './traffic-objects.ts';

const NAMESPACES = ['infra', 'team', 'other'];
const namespaceName = fc.constantFrom(...NAMESPACES);
const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 3 });

const CLASSES = ['gatehouse', 'second'];
const classes = fc
  .tuple(fc.constantFrom(...CLASSES), fc.constantFrom('ours', 'ours', 'foreign', 'broken', ...PROXIES))
  .map(([name, sort]) => {
    const own = gatewayClass(name, sort === 'foreign' ? 'example.com/controller' : undefined, sort.includes('/') ? sort : undefined);
    if (sort !== 'broken') return own;
    return { ...own, spec: { ...own.spec, parametersRef: { group: '', kind: 'ConfigMap', name: 'settings', namespace: 'infra' } } };
  });

type SetsChoice = NonNullable<GatewayChoice['sets']>;
const annotations = sometimes(fc.constantFrom({ 'gateway.envoyproxy.io/tier': 'gold' }, { other: 'x' }));
const GATEWAYS = ['infra/gw', 'team/gw'];
const gateways = fc
  .tuple(
    fc.constantFrom(...GATEWAYS),
    listeners,
    fc.constantFrom(...CLASSES, 'gatehouse', 'gone'),
    annotations,
    sometimes(fc.constantFrom('p', 'q')),
    sometimes(gatewayTls),
    sometimes(
      fc.constantFrom<SetsChoice>({ from: 'All' }, { from: 'Same' }, { from: 'Selector', selector: { matchLabels: { tier: 'front' } } }),
    ),
  )
  .map(([key, own, className, notes, proxy, tls, taken]) =>
    gateway(key, own, {
      className,
      ...(notes === undefined ? {} : { annotations: notes }),
      ...(proxy === undefined ? {} : { proxy }),
      ...(tls === undefined ? {} : { tls }),
      ...(taken === undefined ? {} : { sets: taken }),
    }),
  );

const services = fc
  .tuple(
    fc.constantFrom('infra/s', 'team/s'),
    fc.constantFrom([8080], [8080, 9090], []),
    fc.constantFrom('plain', 'plain', 'h2c', 'external'),
  )
  .map(([key, ports, sort]) => {
    const plain = service(key, ports, sort === 'external' ? { type: 'ExternalName', externalName: 'example.org' } : {});
    if (sort !== 'h2c') return plain;
    return { ...plain, spec: { ...plain.spec, ports: plain.spec.ports.map((port) => ({ ...port, appProtocol: 'kubernetes.io/h2c' })) } };
  });

const addresses = fc.uniqueArray(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'), { maxLength: 3 });
const slices = fc
  .tuple(
    fc.constantFrom('infra/s-1', 'team/s-1', 'team/s-2'),
    addresses,
    fc.constantFrom({}, { ready: false }, { serving: true, terminating: true }),
  )
  .map(([key, some, conditions]) =>
    endpointSlice(
      key,
      's',
      some.map((address) => ({ addresses: [address], conditions })),
    ),
  );

const pairs = fc.constantFrom(
  SECURE,
  SECURE,
  OTHER,
  EXPIRED,
  WEAK,
  { certificate: SECURE.certificate, key: OTHER.key },
  { certificate: '', key: 'x' },
);
const secrets = fc
  .tuple(fc.constantFrom('infra/cert', 'team/cert'), pairs)
  .map(([key, { certificate, key: privateKey }]) => tlsSecret(key, certificate, privateKey));

const namespaces = fc
  .tuple(namespaceName, fc.constantFrom({}, { tier: 'front' }, { tier: 'back' }))
  .map(([name, labels]) => namespace(name, labels));

const grants = fc
  .tuple(
    fc.constantFrom('infra/g', 'team/g', 'team/h'),
    fc.uniqueArray(
      fc.tuple(
        fc.constantFrom('HTTPRoute', 'GRPCRoute', 'TLSRoute', 'UDPRoute', 'Gateway', 'ListenerSet', 'XBackend', 'XTelemetryPolicy'),
        namespaceName,
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    fc.constantFrom<readonly (readonly [string, string?])[]>(
      [['Service']],
      [['Secret']],
      [['ConfigMap']],
      [
        ['Service', 's'],
        ['Secret', 'cert'],
      ],
      [['Service', 'x']],
      [['ServiceImport']],
      [['XBackend']],
    ),
  )
  .map(([key, from, to]) => referenceGrant(key, { from, to }));

/** Everything in order, so that whatever breaks has something to break. */
const SOUND: readonly KubernetesObject[] = [
  gatewayClass('gatehouse'),
  gatewayClass('second', undefined, 'infra/p'),
  envoyProxy('infra/p', { ipFamily: 'DualStack' }),
  envoyProxy('team/p', { concurrency: 2, mergeType: 'JSONMerge' }),
  gateway(
    'infra/gw',
    [
      listener(),
      listener({ name: 'wild', hostname: '*.example.com' }),
      listener({ name: 'secure', secrets: ['infra/cert'] }),
      listener({ name: 'secure-b', hostname: 'b.example.com', secrets: ['team/cert'] }),
      ...SOUND_STREAM_LISTENERS,
    ],
    { sets: { from: 'All' } },
  ),
  gateway(
    'team/gw',
    [
      listener({ name: 'second', port: 8080, namespaces: { from: 'Selector', selector: { matchLabels: { tier: 'front' } } } }),
      listener({ name: 'exact', hostname: 'a.example.com' }),
    ],
    {
      className: 'second',
      proxy: 'p',
      sets: { from: 'Selector', selector: { matchLabels: { tier: 'front' } } },
    },
  ),
  httpRoute('infra/r', { hostnames: ['a.example.com'], rules: [rule({ backends: [['infra/s', 8080]] })] }),
  httpRoute('team/q', { hostnames: ['a.example.com'], parents: ['infra/gw', 'team/gw'], rules: [rule({ backends: [['team/s', 8080]] })] }),
  httpRoute('team/r', {
    hostnames: ['b.example.com'],
    parents: ['infra/gw', 'team/gw'],
    rules: [rule({ path: '/a', backends: [['team/s', 8080]] })],
  }),
  grpcRoute('team/calls', {
    hostnames: ['example.org'],
    parents: ['infra/gw', 'team/gw'],
    rules: [callRule({ service: 'shop.Cart', backends: [['team/s', 8080]] })],
  }),
  httpRoute('other/r', {
    rules: [
      rule({
        path: '/b',
        backends: [
          ['team/s', 8080],
          ['infra/s', 8080, 3],
        ],
      }),
    ],
  }),
  ...SOUND_STREAMS,
  ...['infra/s', 'team/s'].flatMap((key) => [service(key), endpointSlice(`${key}-1`, 's', ['10.0.0.1'])]),
  ...['infra/cert', 'team/cert'].map((key) => tlsSecret(key, SECURE.certificate, SECURE.key)),
  ...['infra/ca', 'team/ca'].map((key) => caConfigMap(key, SECURE.certificate)),
  backendTlsPolicy('infra/p'),
  ...SOUND_IMPORTS,
  trafficPolicy('infra/t', ['s'], { retryConstraint: retries(20) }),
  telemetryPolicy('infra/y', ['gw'], tracesTo('team/s', 8080)),
  xBackend('infra/x', 'a.example.net'),
  mutualXBackend('team/x', 'infra/cert'),
  ...['infra/p', 'team/p'].map((key) => podAt(key, { app: 'a', tier: 'back' }, '10.0.0.1')),
  httpRoute('team/out', { hostnames: ['out.example.com'], rules: [outwardRule('team/x', '/')] }),
  node('n1', 'gce://p/z/n1'),
  ...NAMESPACES.map((name) => namespace(name, { tier: 'front' })),
  ...['infra', 'team'].map((name) =>
    referenceGrant(`${name}/g`, {
      from: NAMESPACES.flatMap((from) =>
        ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute', 'Gateway', 'ListenerSet', 'XBackend', 'XTelemetryPolicy'].map(
          (kind) => [kind, from] as const,
        ),
      ),
      to: [['Service'], ['ServiceImport'], ['XBackend'], ['Secret']],
    }),
  ),
];

/** An object of the sound world with other metadata, which is what changes most often. */
const retouched = fc
  .tuple(fc.constantFrom(...SOUND), fc.constantFrom('2026-01-01T00:00:00Z', '2025-01-01T00:00:00Z'), annotations)
  .map(([object, creationTimestamp, notes]) => ({
    ...object,
    metadata: { ...object.metadata, creationTimestamp, ...(notes === undefined ? {} : { annotations: notes }) },
  }));

/** Any object that the graphs read, under one of few names. */
const anyObject: fc.Arbitrary<KubernetesObject> = fc.oneof(
  { weight: 4, arbitrary: retouched },
  { weight: 2, arbitrary: classes },
  { weight: 3, arbitrary: proxies },
  { weight: 4, arbitrary: askingByName(gateways) },
  { weight: 1, arbitrary: nodes },
  { weight: 6, arbitrary: routes },
  { weight: 5, arbitrary: streamRoutes },
  { weight: 3, arbitrary: grpcRoutes },
  { weight: 3, arbitrary: services },
  { weight: 1, arbitrary: datagramServices },
  { weight: 2, arbitrary: slices },
  { weight: 2, arbitrary: secrets },
  { weight: 4, arbitrary: policies },
  { weight: 3, arbitrary: randomTrafficPolicies },
  { weight: 3, arbitrary: randomTelemetryPolicies },
  { weight: 2, arbitrary: randomXBackends },
  { weight: 2, arbitrary: randomPodBackends },
  { weight: 2, arbitrary: randomPods },
  { weight: 2, arbitrary: randomOutwardRoutes },
  { weight: 2, arbitrary: configMaps },
  { weight: 1, arbitrary: trustBundles },
  { weight: 2, arbitrary: imports },
  { weight: 2, arbitrary: namespaces },
  { weight: 3, arbitrary: grants },
);

const SETS = ['team/set', 'other/set'];
const sets = fc
  .tuple(fc.constantFrom(...SETS), listeners, fc.constantFrom(...GATEWAYS), fc.constantFrom('2026-01-01T00:00:00Z', '2025-01-01T00:00:00Z'))
  .map(([key, own, parent, created]) => listenerSet(key, own, parent, created));
const routesOfSets = fc
  .tuple(namespaceName, fc.subarray([...SETS, ...SETS.map((key) => `${key}/exact`)], { minLength: 1 }))
  .map(([name, parents]) =>
    httpRoute(`${name}/of-set`, {
      hostnames: ['a.example.com'],
      parents: ['infra/gw', ...parents.map((key) => `ListenerSet:${key}`)],
      rules: [rule({ path: '/a', backends: [['team/s', 8080]] })],
    }),
  );

/** Also ListenerSets and routes that name them. */
export const anyObjectOrSet: fc.Arbitrary<KubernetesObject> = fc.oneof(
  { weight: 3, arbitrary: anyObject },
  { weight: 1, arbitrary: sets },
  { weight: 1, arbitrary: routesOfSets },
);

export const identity = (object: KubernetesObject): string => `${object.kind} ${objectKey(object)}`;

/** A sound world in which some objects are others, and some are missing. */
export const anyWorld: fc.Arbitrary<readonly KubernetesObject[]> = fc
  .tuple(fc.array(anyObjectOrSet, { maxLength: 8, size: 'max' }), fc.subarray([...SOUND], { maxLength: 3 }))
  .map(([others, missing]) => {
    const present = SOUND.filter((object) => !missing.includes(object));
    return [...new Map([...present, ...others].map((object) => [identity(object), object])).values()];
  });
