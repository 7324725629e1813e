import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Condition } from '../../crds/object-meta.ts';
import { describeInNamespace } from '../harness/describe-in-namespace.ts';
import { freePort } from '../harness/free-port.ts';
import { gateway, gatewayClass, httpRoute, serviceAt } from '../harness/gateway-objects.ts';
import { type ManagedProcess, startProcess } from '../harness/managed-process.ts';
import type { OperatorProcess } from '../harness/operator-process.ts';
import { type ServedCluster, startServedCluster } from '../harness/served-cluster.ts';
import { conditionOf, resourceKind } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(180_000);

const HOST = 'www.example.com';

describeInNamespace('an Envoy of a cluster', () => {
  let world: ServedCluster;
  let port: number;

  const programmed = (name: string, fits: (condition: Condition) => boolean): Promise<Condition> =>
    until(`Programmed of ${name} is as expected`, async () => {
      const found = await world.cluster.find('Gateway', `default/${name}`);
      const condition = conditionOf(found, 'Programmed');
      if (condition !== undefined && fits(condition)) return condition;
      throw new Error(JSON.stringify(found?.status));
    });
  const isTrue = ({ status }: Condition): boolean => status === 'True';
  const isFalse = ({ status }: Condition): boolean => status === 'False';

  beforeAll(async () => {
    world = await startServedCluster();
    port = await freePort();
    await world.cluster.installCrds();
    await world.cluster.apply(
      gatewayClass('eg'),
      gateway('eg', [{ port }]),
      ...serviceAt('backend', world.network.address, 3000),
      httpRoute('backend'),
    );
  });
  afterAll(() => world.stop());

  describe('while it runs', () => {
    let operator: OperatorProcess;
    beforeAll(async () => {
      operator = await world.operate();
      await programmed('eg', isTrue);
    });
    afterAll(() => operator.close());

    test('is started again when it is killed; Programmed is False in between', async () => {
      const [envoy = 0] = await operator.envoys();
      process.kill(envoy, 'SIGKILL');
      // It is back so soon that the status may be spared the turn; the Event is not.
      await until('the Event is there', async () => {
        const { items } = await world.cluster.client.list(resourceKind('Event'), { namespace: 'default' });
        // Fields of events.k8s.io/v1.
        const events = items as unknown as { reason: string; note: string; regarding: { name: string } }[];
        const told = events.filter(({ reason, regarding }) => reason === 'NoResources' && regarding.name === 'eg').map(({ note }) => note);
        if (told.includes('Envoy was ended by SIGKILL. It is started again after a pause.')) return true;
        throw new Error(JSON.stringify(told));
      });
      await world.answers({ port, host: HOST }, 200);
      await programmed('eg', isTrue);
      expect(await operator.envoys()).not.toContain(envoy);
    });

    test('is not Programmed as long as it cannot come back', async () => {
      const [envoy = 0] = await operator.envoys();
      const rival = createServer();
      process.kill(envoy, 'SIGKILL');
      await new Promise((listening) => rival.listen(port, '0.0.0.0', () => listening(undefined)));
      const why = await programmed('eg', ({ message }) => message.startsWith('cannot bind'));
      expect(why).toMatchObject({ status: 'False', reason: 'NoResources' });
      await new Promise((closed) => rival.close(closed));
      await programmed('eg', isTrue);
      await world.answers({ port, host: HOST }, 200);
    });

    test('a port that another process has is named, and taken as soon as it is free', async () => {
      const taken = await freePort();
      const rival = createServer().listen(taken, '0.0.0.0');
      await new Promise((listening) => rival.once('listening', listening));
      await world.cluster.apply(gateway('blocked', [{ port: taken }]));
      const why = await programmed('blocked', ({ message }) => message.startsWith('cannot bind'));
      expect(why.message).toBe(
        `cannot bind port ${taken}: already in use by another process. Change the listener's port or stop that process.`,
      );
      expect((await world.answers({ port, host: HOST }, 200)).status).toBe(200);
      await new Promise((closed) => rival.close(closed));
      await programmed('blocked', isTrue);
      await world.cluster.remove('Gateway', 'default/blocked');
    });

    test('a listener added on a port that another process has is named, the others go on, and it is taken as soon as it is free', async () => {
      const taken = await freePort();
      const rival = await occupy(world, taken);
      await world.cluster.apply(gateway('eg', [{ port }, { name: 'second', port: taken }]));
      const why = await programmed('eg', isFalse);
      expect(why.message).toMatch(new RegExp(`^Envoy refused configuration: listener default/eg/second: .*cannot bind .*:${taken}`));
      const found = await world.cluster.find('Gateway', 'default/eg');
      expect(conditionOf(found, 'Accepted')).toMatchObject({ status: 'True', reason: 'Accepted' });
      expect(conditionOf(found, 'Programmed', { listener: 'http' })?.status).toBe('True');
      expect(conditionOf(found, 'Programmed', { listener: 'second' })).toMatchObject({ status: 'False', message: why.message });
      expect((await world.answers({ port, host: HOST }, 200)).status).toBe(200);
      await rival.stop('SIGKILL');
      await world.answers({ port: taken, host: HOST }, 200);
      await programmed('eg', isTrue);
      await world.cluster.apply(gateway('eg', [{ port }]));
    });

    test('two Gateways that want one port: the later one says who has it', async () => {
      await world.cluster.apply(gateway('later', [{ port }]));
      const why = await programmed('later', ({ message }) => message.startsWith('cannot bind'));
      expect(why.message).toBe(`cannot bind port ${port}: Gateway default/eg has it. Give a listener of one of the two another port.`);
      expect((await world.answers({ port, host: HOST }, 200)).status).toBe(200);
      await world.cluster.remove('Gateway', 'default/later');
    });

    test('an operator that is killed leaves none behind, and its successor serves', async () => {
      const [envoy = 0] = await operator.envoys();
      await operator.stop('SIGKILL');
      await until('Envoy is gone', async () => (isAlive(envoy) ? undefined : true));
      const successor = await world.operate();
      await successor.ready();
      await world.answers({ port, host: HOST }, 200);
      await successor.close();
    });
  });

  test('that cannot start is said on the Gateway, with its last words', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gh-broken-'));
    const broken = join(folder, 'envoy');
    await writeFile(
      broken,
      `#!/bin/sh\n[ "$1" = --version ] && exec '${world.envoy}' --version\necho 'no space left for me' >&2\nexit 3\n`,
    );
    await chmod(broken, 0o755);
    const operator = await world.operate({ envoy: broken });
    const why = await programmed('eg', ({ message }) => message.includes('exit code 3'));
    expect(why).toMatchObject({ status: 'False', reason: 'NoResources' });
    expect(why.message).toBe('Envoy ended with exit code 3: no space left for me. It is started again after a pause.');
    await operator.close();
    await rm(folder, { recursive: true, force: true });
  });
});

/** A process in the network of the proxies that has a port. */
async function occupy(world: ServedCluster, port: number): Promise<ManagedProcess> {
  const [command, ...args] = world.network.enter;
  const script = `require('node:net').createServer().listen(${port}, '0.0.0.0', () => console.log('listening'))`;
  const rival = await startProcess({ name: 'rival', command, args: [...args, process.execPath, '--eval', script] });
  await until('the rival listens', async () => rival.logs().includes('listening') || undefined);
  return rival;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
