import { type ClientHttp2Session, connect } from 'node:http2';
import { startBackedFleet } from '../harness/backed-fleet.ts';
import { type Fleet, gatewayYaml } from '../harness/fleet.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';

const https = (name: string, host = ''): string =>
  `{ name: ${name}, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: shared }] }${host === '' ? '' : `, hostname: "${host}"`} }`;

const route = (name: string, section: string, hosts = ''): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw, sectionName: ${section} }]
${hosts === '' ? '' : `  hostnames: [${hosts}]\n`}  rules: [{ backendRefs: [{ name: ${name}, port: 8080 }] }]
`;

const WITH_ALL = gatewayYaml(
  https('any'),
  https('second', 'second-example.org'),
  https('wild', '*.wildcard.org'),
  https('fourth', 'fourth-example.wildcard.org'),
  '{ name: bytes, port: 443, protocol: TLS, tls: { mode: Passthrough }, hostname: "bytes.wildcard.org" }',
);

let fleet: Fleet;

beforeAll(async () => {
  const pods = ['first', 'second', 'third', 'fourth'];
  fleet = await startBackedFleet(pods, {
    objects:
      WITH_ALL +
      route('first', 'any', 'example.org') +
      route('second', 'second') +
      route('third', 'wild') +
      route('fourth', 'fourth') +
      tlsSecretYaml('shared', selfSigned('example.org', 'second-example.org', '*.wildcard.org')),
    ports: [443],
  });
}, 60_000);
afterAll(() => fleet.stop());

const opened = (servername: string): ClientHttp2Session =>
  connect(`https://127.0.0.1:${fleet.port(443)}`, { servername, rejectUnauthorized: false }).on('error', () => undefined);

/** The status, or the pod that answered. */
async function asked(session: ClientHttp2Session, authority: string): Promise<number | string> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const stream = session.request({ ':authority': authority, ':path': '/some/path' });
  let body = '';
  stream.on('error', reject).on('response', (headers) => resolve(headers[':status'] ?? 0));
  for await (const part of stream.setEncoding('utf8')) body += String(part);
  const status = await promise;
  return status === 200 ? (JSON.parse(body) as { readonly pod: string }).pod : status; // the echo backend wrote it
}

test.each<[sni: string, authority: string, expected: number | string]>([
  ['example.org', 'example.org', 'first'],
  ['example.org', 'EXAMPLE.org:443', 'first'],
  ['example.org', 'second-example.org', 421],
  ['example.org', 'second-example.org:8443', 421],
  ['example.org', 'a.wildcard.org', 421],
  ['example.org', 'bytes.wildcard.org', 421],
  ['a.wildcard.org', 'bytes.wildcard.org', 421],
  ['example.org', 'unknown-example.org', 404],
  ['unknown-example.org', 'example.org', 'first'],
  ['unknown-example.org', 'unknown-example.org', 404],
  ['second-example.org', 'second-example.org', 'second'],
  ['second-example.org', 'example.org', 421],
  ['second-example.org', 'unknown-example.org', 421],
  ['third-example.wildcard.org', 'third-example.wildcard.org', 'third'],
  ['third-example.wildcard.org', 'fifth-example.wildcard.org', 'third'],
  ['third-example.wildcard.org', 'a.b.wildcard.org', 'third'],
  ['third-example.wildcard.org', 'wildcard.org', 421],
  ['third-example.wildcard.org', 'fourth-example.wildcard.org', 421],
  ['third-example.wildcard.org', 'second-example.org', 421],
  ['third-example.wildcard.org', 'unknown-example.org', 421],
  ['fourth-example.wildcard.org', 'fourth-example.wildcard.org', 'fourth'],
  ['fourth-example.wildcard.org', 'fifth-example.wildcard.org', 421],
])('a connection for %s that is asked for %s: %s', async (sni, authority, expected) => {
  const session = opened(sni);
  try {
    expect(await asked(session, authority)).toBe(expected);
    // The connection goes on.
    expect(await asked(session, authority)).toBe(expected);
  } finally {
    session.destroy();
  }
});

test('with a listener go its hosts: what was misdirected belongs to nobody, or to the broader one', async () => {
  const withoutAny = gatewayYaml(https('second', 'second-example.org'), https('wild', '*.wildcard.org'));
  const session = opened('second-example.org');
  const broad = opened('third-example.wildcard.org');
  try {
    expect(await asked(broad, 'fourth-example.wildcard.org')).toBe(421);
    await fleet.apply(withoutAny);
    expect(await asked(session, 'example.org')).toBe(404);
    expect(await asked(session, 'a.wildcard.org')).toBe(421);
    expect(await asked(broad, 'fourth-example.wildcard.org')).toBe('third');
    await fleet.apply(WITH_ALL);
    expect(await asked(session, 'example.org')).toBe(421);
  } finally {
    session.destroy();
    broad.destroy();
  }
});

test('of more hosts than a Gateway can have listeners, those of others are misdirected, and a host far from all is nobody', async () => {
  const listeners = Array.from({ length: 70 }, (_, i) => `h-${i}.many.org`).map((host, i) => https(`many-${i}`, host));
  const set = (name: string, some: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: ${name} }
spec: { parentRef: { name: gw }, listeners: [${some.join(', ')}] }
`;
  const narrow = gatewayYaml(
    https('second', 'second-example.org'),
    https('wild', '*.wildcard.org'),
    https('fourth', 'fourth-example.wildcard.org'),
  );
  const open = narrow.replace(
    'gatewayClassName: gatehouse',
    'gatewayClassName: gatehouse\n  allowedListeners: { namespaces: { from: Same } }',
  );
  await fleet.apply(open + set('some', listeners.slice(0, 35)) + set('more', listeners.slice(35)));
  const session = opened('second-example.org');
  const broad = opened('third-example.wildcard.org');
  try {
    expect(await asked(session, 'second-example.org')).toBe('second');
    expect(await asked(session, 'h-69.many.org')).toBe(421);
    expect(await asked(session, 'a.wildcard.org')).toBe(421);
    expect(await asked(session, 'nobody.example.net')).toBe(404);
    expect(await asked(broad, 'a.wildcard.org')).toBe('third');
    expect(await asked(broad, 'fourth-example.wildcard.org')).toBe(421);
    expect(await asked(broad, 'h-3.many.org')).toBe(421);
  } finally {
    session.destroy();
    broad.destroy();
  }
}, 60_000);
