import { ask } from './ask.ts';
import { describeInNamespace } from './describe-in-namespace.ts';
import { startProcess } from './managed-process.ts';
import { type NetworkNamespace, startNetworkNamespace } from './network-namespace.ts';

describeInNamespace('a network namespace', () => {
  let network: NetworkNamespace;

  beforeAll(async () => {
    network = await startNetworkNamespace([3000]);
  }, 60_000);
  afterAll(() => network.stop());

  const curlLike = `fetch('http://198.51.100.10:3000/from-inside').then((answer) => answer.text()).then(console.log, () => console.log('unreachable'))`;

  test('has an address that others do not have, and backends on it', async () => {
    const [command, ...args] = network.enter;
    const inside = await startProcess({ name: 'inside', command, args: [...args, process.execPath, '--eval', curlLike] });
    await inside.ended;
    expect(inside.logs()).toContain('"path": "/from-inside"');
    expect(inside.logs()).toContain('"pod": "pod-3000"');
  });

  test('runs a program given by its path alone', async () => {
    const program = await network.program(process.execPath);
    const inside = await startProcess({ name: 'inside', command: program, args: ['--eval', curlLike] });
    await inside.ended;
    expect(inside.logs()).toContain('"path": "/from-inside"');
  });

  test('closes a connection to a port on which nobody listens', async () => {
    await expect(ask({ port: 1, host: 'example.com', connect: network.connect })).rejects.toThrow(/hang up|ECONNRESET|EPIPE/);
  });
});
