/** Routes and listeners of small worlds that carry bytes (random-world.ts). */
import fc from 'fast-check';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { endpointSlice, type Listener, listener, service } from './objects.ts';
import { tcpRoute, tlsRoute, udpRoute } from './stream-objects.ts';

type Namespaces = Listener['allowedRoutes']['namespaces'];

/** On ports that they share with each other, with HTTPS, and sometimes with HTTP, which they must not. */
export const streamListeners = (
  admitted: fc.Arbitrary<Namespaces>,
  secrets: fc.Arbitrary<readonly string[]>,
): readonly fc.Arbitrary<Listener>[] => [
  fc
    .tuple(admitted, fc.constantFrom(9000, 9000, 9000, 80))
    .map(([namespaces, port]) => listener({ name: 'tcp', protocol: 'TCP', port, namespaces })),
  admitted.map((namespaces) => listener({ name: 'udp', protocol: 'UDP', port: 80, namespaces })),
  admitted.map((namespaces) =>
    listener({ name: 'pass', protocol: 'TLS', port: 443, passthrough: true, hostname: '*.example.com', namespaces }),
  ),
  fc.constant(listener({ name: 'pass-a', protocol: 'TLS', port: 443, passthrough: true, hostname: 'a.example.com' })),
  secrets.map((names) => listener({ name: 'end', protocol: 'TLS', port: 443, hostname: 'c.example.com', secrets: names })),
];

const HOSTS = ['a.example.com', 'b.example.com', 'c.example.com', '*.example.com', 'example.org'];
const PARENTS = ['infra/gw', 'infra/gw/tcp', 'infra/gw/end', 'team/gw', 'team/gw/pass', 'infra/gw/gone'];
const KEYS = ['infra/r', 'team/r', 'other/r'];

const choice = fc.record({
  parents: fc.uniqueArray(fc.constantFrom(...PARENTS), { minLength: 1, maxLength: 2 }),
  backends: fc.array(fc.tuple(fc.constantFrom('infra/s', 'team/s', 'team/gone'), fc.constantFrom(8080, 53), fc.constantFrom(0, 1, 5)), {
    minLength: 1,
    maxLength: 2,
  }),
  created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
});
const key = fc.constantFrom(...KEYS);
const hostnames = fc.uniqueArray(fc.constantFrom(...HOSTS), { minLength: 1, maxLength: 3 });

export const streamRoutes: fc.Arbitrary<KubernetesObject> = fc.oneof(
  fc.tuple(key, choice, hostnames).map(([own, rest, hosts]) => tlsRoute(own, { ...rest, hostnames: hosts })),
  fc.tuple(key, choice).map(([own, rest]) => tcpRoute(own, rest)),
  fc.tuple(key, choice).map(([own, rest]) => udpRoute(own, rest)),
);

/** A Service whose port 53 is a UDP one, and one whose is TCP; some with endpoints. */
export const datagramServices: fc.Arbitrary<KubernetesObject> = fc.constantFrom<KubernetesObject>(
  service('infra/s', [8080], { ports: [{ name: 'p53', port: 53, protocol: 'UDP' }] }),
  service('team/s', [53, 8080]),
  { ...endpointSlice('infra/s-2', 's', ['10.0.0.7']), ports: [{ name: 'p53', port: 5353, protocol: 'UDP' }] } as KubernetesObject,
);

export const SOUND_STREAM_LISTENERS: readonly Listener[] = [
  listener({ name: 'tcp', protocol: 'TCP', port: 9000 }),
  listener({ name: 'udp', protocol: 'UDP', port: 80 }),
  listener({ name: 'pass', protocol: 'TLS', port: 443, passthrough: true, hostname: '*.example.com' }),
];

export const SOUND_STREAMS: readonly KubernetesObject[] = [
  tcpRoute('infra/r', { parents: ['infra/gw/tcp'] }),
  tcpRoute('team/r', { parents: ['infra/gw/tcp'], backends: [['team/s', 8080]], created: '2026-01-02T00:00:00Z' }),
  tlsRoute('team/r', {
    hostnames: ['c.example.com', 'd.example.com'],
    backends: [
      ['team/s', 8080, 3],
      ['infra/s', 8080],
    ],
  }),
  tlsRoute('other/r', { hostnames: ['d.example.com', '*.example.com'], created: '2025-12-01T00:00:00Z' }),
  udpRoute('infra/r', { backends: [['infra/s', 53]] }),
];
