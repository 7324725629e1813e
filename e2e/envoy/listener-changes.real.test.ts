import { ask, echoOf } from '../harness/ask.ts';
import { startBackedFleet } from '../harness/backed-fleet.ts';
import { type Fleet, gatewayYaml } from '../harness/fleet.ts';
import { routeToYaml } from '../harness/route-yaml.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';
import { during, KEPT_LANES } from '../harness/traffic.ts';
import { until } from '../harness/until.ts';

const HTTP = '{ name: http, port: 80, protocol: HTTP }';
const https = (host: string, secret: string): string =>
  `{ name: ${secret}, port: 443, protocol: HTTPS, hostname: ${host}, tls: { certificateRefs: [{ name: ${secret} }] } }`;
const SECURE = https('secure.example.com', 'secure');
const first = selfSigned('secure.example.com');

const route = routeToYaml('a');

let fleet: Fleet;

beforeAll(async () => {
  const objects = gatewayYaml(HTTP, SECURE) + tlsSecretYaml('secure', first) + route;
  fleet = await startBackedFleet(['a'], { objects, ports: [80, 443, 8080] });
}, 60_000);
afterAll(() => fleet.stop());

const plain = () => ({ port: fleet.port(80), targets: [{ host: 'any.example.com' }] });
const secure = (...ca: readonly string[]) => ({ port: fleet.port(443), targets: [{ host: 'secure.example.com' }], ca });

test('a listener comes on another port, and goes again', async () => {
  const port = fleet.port(8080);
  const { failures } = await during(plain(), async (flow) => {
    await fleet.apply(gatewayYaml(HTTP, SECURE, '{ name: other, port: 8080, protocol: HTTP }'));
    const answer = await until('the new port answers', () => ask({ port, host: 'any.example.com' }));
    expect(echoOf(answer).pod).toBe('a');
    await flow.more(20);
    await fleet.apply(gatewayYaml(HTTP, SECURE));
    await flow.more(20);
  });
  expect(failures).toEqual([]);
  expect(await fleet.stat('listener_manager.listener_added')).toBe(3);
  expect(await fleet.stat('listener_manager.listener_removed')).toBe(1);
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(0);
  await until('the port is closed', async () => {
    await expect(ask({ port, host: 'any.example.com' })).rejects.toThrow('ECONNREFUSED');
    return true;
  });
}, 60_000);

test('a certificate is rotated: kept connections stay, new ones get the new one', async () => {
  // OpenSSL looks for a trusted certificate by its subject.
  const second = selfSigned('second.example.com', 'secure.example.com');
  const { failures, connects } = await during(secure(first.certificate, second.certificate), async (flow) => {
    await flow.more(20);
    for (const pair of [second, first, second]) {
      await fleet.apply(tlsSecretYaml('secure', pair));
      await flow.more(40);
    }
  });
  expect(failures).toEqual([]);
  expect(connects).toBe(KEPT_LANES);
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(0);
  // The first certificate is trusted no more, and nobody shows it.
  expect((await during(secure(second.certificate), (flow) => flow.more(20))).failures).toEqual([]);
}, 60_000);

test('a second host with its own certificate on the port of the first', async () => {
  const ca = await (async () => {
    const pair = selfSigned('secure.example.com');
    await fleet.apply(tlsSecretYaml('secure', pair));
    return pair.certificate;
  })();
  const { failures } = await during(secure(ca), async (flow) => {
    await flow.more(20);
    const more = https('more.example.com', 'more');
    await fleet.apply(tlsSecretYaml('more', selfSigned('more.example.com')) + gatewayYaml(HTTP, SECURE, more));
    const asked = { port: fleet.port(443), host: 'more.example.com', sni: 'more.example.com' };
    const answer = await until('the new host answers', () => ask(asked));
    expect(answer.certificate).toBe('more.example.com');
    expect(echoOf(answer).pod).toBe('a');
    await flow.more(40);
    await fleet.apply(gatewayYaml(HTTP, SECURE));
    await flow.more(40);
    await expect(ask(asked)).rejects.toThrow();
  });
  expect(failures).toEqual([]);
}, 60_000);

test('a Secret that does not fit changes nothing for those who are served', async () => {
  const pair = selfSigned('secure.example.com');
  await fleet.apply(tlsSecretYaml('secure', pair));
  const { failures } = await during(plain(), async (flow) => {
    await fleet.apply(tlsSecretYaml('secure', { certificate: pair.certificate, key: first.key }));
    await flow.more(20);
    await fleet.apply(tlsSecretYaml('secure', pair));
    await until('HTTPS answers again', () => ask({ port: fleet.port(443), host: 'secure.example.com', sni: 'secure.example.com' }));
  });
  expect(failures).toEqual([]);
}, 60_000);
