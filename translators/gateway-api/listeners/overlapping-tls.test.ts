import { OTHER, SECURE } from '../../testing/certificates.ts';
import { gateway, gatewayClass, type Listener, listener, listenerSet, tlsSecret } from '../../testing/objects.ts';
import { createPipelines } from '../../testing/pipelines.ts';

const https = (name: string, hostname: string | undefined, secret = 'secure', port = 443): Listener =>
  listener({ name, port, secrets: [`infra/${secret}`], ...(hostname === undefined ? {} : { hostname }) });

/** What listeners say of it, and of which others. */
function told(...listeners: readonly Listener[]): Readonly<Record<string, string>> {
  const pipelines = createPipelines();
  const secrets = [tlsSecret('infra/secure', SECURE.certificate, SECURE.key), tlsSecret('infra/other', OTHER.certificate, OTHER.key)];
  for (const object of [gatewayClass('gatehouse'), gateway('infra/gw', listeners), ...secrets]) pipelines.put(object);
  pipelines.settle();
  const status = pipelines.main.statuses.gateways.get('infra/gw');
  return Object.fromEntries(
    (status?.listeners ?? []).flatMap(({ name, conditions }) =>
      conditions
        .filter(({ type }) => type === 'OverlappingTLSConfig')
        .map(({ reason, message }) => [name, `${reason} ${/listeners? ([^,]+(, [^,]+)*), so/.exec(message)?.[1]}`]),
    ),
  );
}

test('hostnames overlap where one covers another, and the third says nothing', () => {
  expect(told(https('a', 'foo.example.com'), https('b', 'foo.example.org', 'other'), https('c', '*.example.com', 'other'))).toEqual({
    a: 'OverlappingHostnames c',
    b: 'OverlappingCertificates c',
    c: 'OverlappingCertificates b',
  });
});

test('the listener for all hosts overlaps with each', () => {
  expect(told(https('any', undefined), https('other', 'other.example.com', 'other'))).toEqual({
    any: 'OverlappingHostnames other',
    other: 'OverlappingHostnames any',
  });
});

test('a certificate that two listeners share is worse than hostnames that meet', () => {
  expect(told(https('a', 'a.example.com'), https('b', 'b.example.com'), https('w', '*.example.com', 'other'))).toEqual({
    a: 'OverlappingCertificates b',
    b: 'OverlappingCertificates a',
    w: 'OverlappingHostnames a, b',
  });
});

test('other ports, other certificates and other hosts have nothing to do with each other', () => {
  expect(told(https('a', 'a.example.com'), https('b', 'a.example.com', 'secure', 8443), https('c', 'c.example.org', 'other'))).toEqual({});
});

test('listeners of TLS that end it overlap as well, and those that pass it through have none', () => {
  const bytes = listener({ name: 'bytes', hostname: 'a.example.com', protocol: 'TLS', secrets: ['infra/other'] });
  const passed = listener({ name: 'passed', hostname: 'b.example.com', protocol: 'TLS', port: 443, passthrough: true });
  expect(told(https('web', '*.example.com'), bytes, passed)).toEqual({
    web: 'OverlappingHostnames bytes',
    bytes: 'OverlappingHostnames web',
  });
});

test('of many only a few are named', () => {
  const many = Array.from({ length: 10 }, (_, i) => https(`l-${i}`, `h-${i}.example.com`));
  expect(Object.values(told(...many)).map((text) => text.split(',').length)).toEqual(Array.from({ length: 10 }, () => 3));
});

test('one more of many that share a certificate concerns only those who have heard of it', () => {
  const pipelines = createPipelines();
  const many = Array.from({ length: 40 }, (_, i) => https(`l-${i}`, `h-${i}.example.com`));
  const secrets = [tlsSecret('infra/secure', SECURE.certificate, SECURE.key)];
  for (const object of [gatewayClass('gatehouse'), gateway('infra/gw', many, { sets: { from: 'All' } }), ...secrets]) pipelines.put(object);
  pipelines.settle();
  const runs = () => pipelines.main.graph.counters.get('overlappingTls')?.runs ?? 0;
  const before = runs();
  pipelines.put(listenerSet('infra/set', [https('more', 'more.example.com')]));
  pipelines.settle();
  expect(runs() - before).toBe(1);
});
