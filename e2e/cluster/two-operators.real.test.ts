import { jest } from '@jest/globals';
import { describeInNamespace } from '../harness/describe-in-namespace.ts';
import { freePort } from '../harness/free-port.ts';
import { CONTROLLER, gateway, gatewayClass, httpRoute, serviceAt } from '../harness/gateway-objects.ts';
import type { OperatorProcess } from '../harness/operator-process.ts';
import { type ServedCluster, startServedCluster } from '../harness/served-cluster.ts';
import { conditionOf, resourceKind } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(180_000);

const CONTESTED = `Gateway default/eg: Somebody else writes its status as ${CONTROLLER}.`;

/** Each with an Envoy of its own that wants the same port: what they have to say of the Gateway differs. */
describeInNamespace('two operators of one controller name that know nothing of each other', () => {
  let world: ServedCluster;
  let operators: readonly OperatorProcess[];
  let port: number;

  beforeAll(async () => {
    world = await startServedCluster();
    port = await freePort();
    await world.cluster.installCrds();
    operators = [await world.operate(), await world.operate()];
    for (const operator of operators) await operator.ready();
    await world.cluster.apply(
      gatewayClass('eg'),
      gateway('eg', [{ port }]),
      ...serviceAt('backend', world.network.address, 3000),
      httpRoute('backend', { host: 'www.example.com' }),
    );
  });
  afterAll(() => world.stop());

  const served = () => world.answers({ port, host: 'www.example.com', path: '/get' }, 200);
  const writes = async (): Promise<number> => {
    const bodies = await Promise.all(operators.map((operator) => operator.read('metrics', '/metrics')));
    const counts = bodies.flatMap(({ body }) => [...body.matchAll(/^status_update_total\{kind="Gateway",status="success"\} (\d+)$/gm)]);
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };

  test('traffic goes on, both say what is wrong, and so does the object', async () => {
    await served();
    for (const operator of operators) await operator.line(new RegExp(CONTESTED.replaceAll('.', '\\.')));
    const event = await until('the Event', async () => {
      const { items } = await world.cluster.client.list(resourceKind('Event'), { namespace: 'default' });
      return (items as unknown as { reason: string; note: string }[]).find(({ reason }) => reason === 'StatusContested'); // events.k8s.io/v1
    });
    expect(event.note).toContain('Does a second controller of that name run?');
    await served();
  });

  test('they do not write each other down', async () => {
    const before = await writes();
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    // At the usual pace that would be one every two seconds of each.
    expect((await writes()) - before).toBeLessThan(9);
  });

  test('when one of them ends, the status is that of the other', async () => {
    await operators[1]?.close();
    const last = await until(
      'the Gateway is programmed',
      async () => {
        const condition = conditionOf(await world.cluster.find('Gateway', 'default/eg'), 'Programmed');
        if (condition?.status === 'True') return condition;
        throw new Error(JSON.stringify(condition));
      },
      { limit: 120_000 },
    );
    expect(last).toMatchObject({ reason: 'Programmed' });
    await served();
  });
});
