import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ServerCredentials } from '@grpc/grpc-js';
import { ControlPlane } from './control-plane.ts';
import { startHealthEndpoint } from './endpoints/health-endpoint.ts';
import { hostAndPort, wildcardAddress } from './wildcard-address.ts';

test('a pod that has an address of IPv6 is reached by IPv6', () => {
  expect(['fd00::1', '10.0.0.1', ''].map((POD_IP) => wildcardAddress({ POD_IP }))).toEqual(['::', '0.0.0.0', '0.0.0.0']);
  expect(wildcardAddress({})).toBe('0.0.0.0');
});

test('a port of an address of IPv6 stands outside of its brackets', () => {
  expect([hostAndPort('::', 18_000), hostAndPort('0.0.0.0', 18_000)]).toEqual(['[::]:18000', '0.0.0.0:18000']);
});

async function isReached(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  await once(socket, 'connect');
  socket.destroy();
  return true;
}

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'));
// Nobody can listen on IPv6 where there is none.
(hasIPv6 ? test : test.skip)('proxies and kubelets reach a pod of IPv6, and its IPv4 where it has both', async () => {
  const quiet = () => undefined;
  const controlPlane = new ControlPlane({ controllerName: 'example.com/c', logger: { info: quiet, warn: quiet, error: quiet } });
  const host = wildcardAddress({ POD_IP: 'fd00::1' });
  const health = await startHealthEndpoint({ host, port: 0 });
  try {
    const { port } = await controlPlane.listen({ host, port: 0, credentials: ServerCredentials.createInsecure() });
    for (const address of ['::1', '127.0.0.1']) {
      expect([await isReached(address, health.port), await isReached(address, port ?? 0)]).toEqual([true, true]);
    }
  } finally {
    await health.close();
    await controlPlane.close();
  }
});
