import { admitted, complaints, gatewayWith } from '../testing/admission-of.ts';
import { admit } from '../validate.ts';

const http = { name: 'http', port: 80, protocol: 'HTTP' };
const tls = { certificateRefs: [{ name: 'cert' }] };

test('listeners, references and status are defaulted', () => {
  expect(admitted(gatewayWith({ ...http, protocol: 'HTTPS', tls, allowedRoutes: { kinds: [{ kind: 'HTTPRoute' }] } }))).toEqual({
    gatewayClassName: 'eg',
    listeners: [
      {
        name: 'http',
        port: 80,
        protocol: 'HTTPS',
        tls: { mode: 'Terminate', certificateRefs: [{ group: '', kind: 'Secret', name: 'cert' }] },
        allowedRoutes: { namespaces: { from: 'Same' }, kinds: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }] },
      },
    ],
  });
  expect(admit(gatewayWith(http))).toMatchObject({
    ok: true,
    value: {
      status: {
        conditions: [
          { type: 'Accepted', status: 'Unknown' },
          { type: 'Programmed', reason: 'Pending' },
        ],
      },
    },
  });
});

test.each<[string, readonly object[], string]>([
  ['tls on HTTP', [{ ...http, tls }], "spec.listeners: tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']"],
  [
    'HTTPS passed through',
    [{ ...http, protocol: 'HTTPS', tls: { mode: 'Passthrough' } }],
    'spec.listeners: tls mode must be Terminate for protocol HTTPS',
  ],
  [
    'HTTPS without certificate',
    [{ ...http, protocol: 'HTTPS', tls: {} }],
    'spec.listeners[0].tls: certificateRefs or options must be specified when mode is Terminate',
  ],
  ['TLS without tls', [{ ...http, protocol: 'TLS' }], 'spec.listeners: tls mode must be set for protocol TLS'],
  [
    'a hostname on TCP',
    [{ ...http, protocol: 'TCP', hostname: 'a.example.com' }],
    "spec.listeners: hostname must not be specified for protocols ['TCP', 'UDP']",
  ],
  ['a name twice', [http, { ...http, port: 81 }], 'spec.listeners[1]: repeats spec.listeners[0]: name "http" may be there once'],
  [
    'one port, protocol and hostname twice',
    [http, { ...http, name: 'other' }],
    'spec.listeners: Combination of port, protocol and hostname must be unique for each listener',
  ],
])('refuses %s', (_, listeners, complaint) => {
  expect(complaints(gatewayWith(...listeners))).toEqual([complaint]);
});

test('one port with two hostnames is fine', () => {
  expect(complaints(gatewayWith(http, { ...http, name: 'a', hostname: 'a.example.com' }))).toEqual([]);
});

const withAddresses = (...addresses: readonly object[]): object => {
  const gateway = gatewayWith(http);
  return { ...gateway, spec: { gatewayClassName: 'eg', listeners: [http], addresses } };
};

test('an address of type IPAddress is an IP address', () => {
  expect(complaints(withAddresses({ value: '10.0.0.1' }, { value: '::1' }, { type: 'Hostname', value: 'a.example.com' }))).toEqual([]);
  expect(complaints(withAddresses({ value: 'a.example.com' }))).toEqual([
    'spec.addresses[0]: must be an IP address in value, since type is IPAddress',
  ]);
  expect(complaints(withAddresses({ value: '10.0.0.1' }, { value: '10.0.0.1' }))).toEqual([
    'spec.addresses: IPAddress values must be unique',
  ]);
});

test('a ReferenceGrant names both sides', () => {
  const grant = (spec: object) => ({
    apiVersion: 'gateway.networking.k8s.io/v1beta1',
    kind: 'ReferenceGrant',
    metadata: { name: 'g' },
    spec,
  });
  const from = [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'a' }];
  expect(complaints(grant({ from, to: [{ group: '', kind: 'Service' }] }))).toEqual([]);
  expect(complaints(grant({ from, to: [] }))).toEqual(['spec.to: must have at least 1 item, not 0']);
  expect(complaints(grant({ from: [{ kind: 'HTTPRoute', namespace: 'A' }], to: [{ group: '', kind: 'Service' }] }))).toEqual([
    'spec.from[0].group: is missing',
    'spec.from[0].namespace: must be the name of a namespace: lower-case letters, digits and dashes, not "A"',
  ]);
});

test('a GatewayClass names its controller by domain and path', () => {
  const gatewayClass = (controllerName: string) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: 'eg' },
    spec: { controllerName },
  });
  expect(complaints(gatewayClass('gateway.envoyproxy.io/gatewayclass-controller'))).toEqual([]);
  expect(complaints(gatewayClass('controller'))).toEqual([
    'spec.controllerName: must be a domain and a path such as example.com/controller, not "controller"',
  ]);
});
