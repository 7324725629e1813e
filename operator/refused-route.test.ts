import { ServerCredentials } from '@grpc/grpc-js';
import { gateway, gatewayClass, httpRoute, redirectTo } from '../e2e/harness/gateway-objects.ts';
import type { ConditionNode } from '../translators/statuses/condition.ts';
import { quarantinedIn } from '../xds/resource.ts';
import { AutoProxy, type Opinion } from '../xds/testing/auto-proxy.ts';
import { DeltaClient } from '../xds/testing/delta-client.ts';
import { until } from './cluster/testing/until.ts';
import { ControlPlane } from './control-plane.ts';

/** A control plane without a cluster, and one proxy that refuses every change of its routes. */

const ROUTES = 'default/eg/http';
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

let controlPlane: ControlPlane;
let client: DeltaClient;
let proxy: AutoProxy;
/** What a writer would have written. */
let said: string[];

const programmed = (kind: string, key: string): string => {
  // Boundary: statuses of all kinds come as objects; a Gateway has conditions.
  const status = controlPlane.status(kind, key) as { readonly conditions: readonly ConditionNode[] } | undefined;
  return status?.conditions.find(({ type }) => type === 'Programmed')?.reason ?? 'nothing';
};
const redirect = (hostname: string) => httpRoute('plain', { host: 'plain.example.com', rule: redirectTo(hostname) });

beforeEach(async () => {
  said = [];
  controlPlane = new ControlPlane({ controllerName: 'gateway.envoyproxy.io/gatewayclass-controller', logger: quiet });
  const { port } = await controlPlane.listen({ host: '127.0.0.1', port: 0, credentials: ServerCredentials.createInsecure() });
  for (const object of [gatewayClass('eg'), gateway('eg', [{ port: 8080 }]), redirect('a.example.com')]) controlPlane.put(object);
  controlPlane.observe('default/eg', { proxies: 1, ready: 1, addresses: ['10.0.0.1'] });
  controlPlane.onStatus((changes) => {
    if (changes.some(({ kind }) => kind === 'Gateway'))
      queueMicrotask(() => void controlPlane.settled().then(() => said.push(programmed('Gateway', 'default/eg'))));
  });
  controlPlane.listed();
  await controlPlane.settled();
  let first: string | undefined;
  const opinion: Opinion = (type, _name, version) => {
    if (type !== 'routeConfiguration') return undefined;
    first ??= version;
    return version === first || quarantinedIn(version).length > 0 ? undefined : 'a bad route';
  };
  client = new DeltaClient(`127.0.0.1:${port}`, { id: 'p', cluster: 'default/eg' });
  proxy = new AutoProxy(client, opinion);
  for (const type of ['cluster', 'listener'] as const) client.ask(type);
  client.ask('routeConfiguration', { subscribe: [ROUTES] });
});
afterEach(async () => {
  client.close();
  await controlPlane.close(0);
});

/** The proxy answers until it is so. */
const answering = async (what: string, isSo: () => boolean): Promise<void> => {
  let done = false;
  const answers = (async () => {
    while (!done) await proxy.settle();
  })();
  await until(what, isSo);
  done = true;
  await answers;
};

test('a route that a proxy refuses is put away without a word about the Gateway', async () => {
  await answering('the Gateway is programmed', () => said.at(-1) === 'Programmed');
  said.length = 0;
  controlPlane.put(redirect('b.example.com'));
  await answering('it is put away', () => quarantinedIn(proxy.version('routeConfiguration', ROUTES) ?? '').length === 1);
  await controlPlane.settled();
  expect(said.filter((reason) => reason !== 'Programmed')).toEqual([]);
  expect(programmed('Gateway', 'default/eg')).toBe('Programmed');
});
