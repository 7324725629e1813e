import { listenHttp } from './bound-server.ts';
import { MovableEndpoint } from './movable-endpoint.ts';

const open = (address: { host: string; port: number }) => listenHttp(address, (_, response) => response.end('here'));
const at = async (port: number): Promise<string> => await (await fetch(`http://127.0.0.1:${port}`)).text();

test('an endpoint moves, stays where it is told to stay, and goes back where it cannot move', async () => {
  const rival = await open({ host: '127.0.0.1', port: 0 });
  const endpoint = await MovableEndpoint.start(open, { host: '127.0.0.1', port: 0 });
  const first = endpoint.port;
  expect(await endpoint.move({ host: '127.0.0.1', port: 0 })).toBe(false);
  expect(await at(first)).toBe('here');
  await expect(endpoint.move({ host: '127.0.0.1', port: rival.port })).rejects.toThrow('EADDRINUSE');
  expect(endpoint.port).toBe(first);
  expect(await at(first)).toBe('here');
  expect(await endpoint.move({ host: '0.0.0.0', port: first })).toBe(true);
  expect(await at(first)).toBe('here');
  await endpoint.close();
  await expect(at(first)).rejects.toThrow();
  await rival.close();
});
