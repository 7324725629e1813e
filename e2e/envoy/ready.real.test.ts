import { ask } from '../harness/ask.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { freePort } from '../harness/free-port.ts';
import { until } from '../harness/until.ts';

let fleet: Fleet;
let readyPort: number;

beforeAll(async () => {
  readyPort = await freePort();
  fleet = await startFleet({ objects: gatewayYaml('{ name: http, port: 80, protocol: HTTP }'), proxies: { readyPort } });
}, 60_000);
afterAll(() => fleet.stop());

const status = async (path: string): Promise<number> => (await ask({ port: readyPort, host: 'kubelet', path })).status;

test('a proxy with its first configuration is ready, and tells nothing else', async () => {
  expect([await status('/ready'), await status('/'), await status('/ready/x')]).toEqual([200, 500, 500]);
});

test('a proxy that is to go is not ready any more', async () => {
  await fetch(`${fleet.envoy.adminUrl}/healthcheck/fail`, { method: 'POST' });
  await until('it is not ready', async () => (await status('/ready')) === 503 || undefined);
  await fetch(`${fleet.envoy.adminUrl}/healthcheck/ok`, { method: 'POST' });
  await until('it is ready again', async () => (await status('/ready')) === 200 || undefined);
});

test('the listener goes with the fleet and comes back with it', async () => {
  fleet.drop('Gateway', 'default/gw');
  await until('nobody answers', () =>
    status('/ready').then(
      () => undefined,
      () => true,
    ),
  );
  fleet.put(gatewayYaml('{ name: http, port: 80, protocol: HTTP }'));
  await until('it is ready again', async () => (await status('/ready')) === 200 || undefined);
});
