import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { describeInNamespace } from '../harness/describe-in-namespace.ts';
import { freePort } from '../harness/free-port.ts';
import { gateway, gatewayClass, httpRoute, serviceAt, tlsSecret } from '../harness/gateway-objects.ts';
import type { OperatorProcess } from '../harness/operator-process.ts';
import { selfSigned, selfSignedUntil } from '../harness/self-signed.ts';
import { type ServedCluster, startServedCluster } from '../harness/served-cluster.ts';
import { conditionOf } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(120_000);

const HOST = 'secure.example.com';

describeInNamespace('an HTTPS listener with a Secret of the cluster', () => {
  let world: ServedCluster;
  let operator: OperatorProcess;
  let diagnostics: string;
  let http: number;
  let https: number;

  const ask = () => world.get({ port: https, host: HOST, sni: HOST });
  const shows = (name: string): Promise<true> =>
    until(`the certificate of ${name}`, async () => ((await ask()).certificate === name ? true : undefined));
  const listenerSays = (type: string, reason: string): Promise<string> =>
    until(`the listener says ${type} ${reason}`, async () => {
      const gateways = await world.cluster.find('Gateway', 'default/eg');
      const condition = conditionOf(gateways, type, { listener: 'https' });
      if (condition?.reason === reason) return condition.message;
      throw new Error(JSON.stringify(gateways?.status));
    });
  const replace = (...secrets: readonly KubernetesObject[]): Promise<void> => world.cluster.apply(...secrets);

  beforeAll(async () => {
    world = await startServedCluster();
    [http, https] = [await freePort(), await freePort()];
    diagnostics = await mkdtemp(join(tmpdir(), 'gh-heap-'));
    await world.cluster.installCrds();
    const NODE_OPTIONS = `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${diagnostics}`;
    operator = await world.operate({ env: { NODE_OPTIONS } });
    await operator.ready();
    await world.cluster.apply(
      tlsSecret('tls', selfSigned(HOST)),
      gatewayClass('eg'),
      gateway('eg', [{ port: http }, { name: 'https', port: https, hostname: HOST, secret: 'tls' }]),
      ...serviceAt('backend', world.network.address, 3000),
      httpRoute('backend'),
    );
  });
  afterAll(async () => {
    await world.stop();
    await rm(diagnostics, { recursive: true, force: true });
  });

  /** While something is wrong with the HTTPS listener. */
  const httpGoesOn = async (): Promise<void> => expect((await world.answers({ port: http, host: HOST }, 200)).status).toBe(200);

  test('terminates TLS with it', async () => {
    const answer = await world.answers({ port: https, host: HOST, sni: HOST }, 200);
    expect(answer.certificate).toBe(HOST);
    expect(await listenerSays('ResolvedRefs', 'ResolvedRefs')).toBeTruthy();
    expect(await listenerSays('Programmed', 'Programmed')).toBeTruthy();
  });

  test('shows the new certificate once the Secret has it', async () => {
    await replace(tlsSecret('tls', selfSigned('rotated.example.com', HOST)));
    await shows('rotated.example.com');
  });

  test.each([
    ['a key that belongs to another certificate', () => ({ ...selfSigned(HOST), key: selfSigned(HOST).key }), 'does not belong to'],
    ['no certificate at all', () => ({ certificate: 'hello', key: selfSigned(HOST).key }), 'holds no PEM certificate'],
    ['an expired certificate', () => selfSignedUntil('210101000000Z', HOST), 'expired on 2021-01-01T00:00:00.000Z; renew it.'],
  ])('says so where the Secret has %s; the other listener goes on, and the cure is enough', async (_what, pair, complaint) => {
    await replace(tlsSecret('tls', pair()));
    const message = await listenerSays('ResolvedRefs', 'InvalidCertificateRef');
    expect(message).toContain('Secret default/tls');
    expect(message).toContain(complaint);
    await listenerSays('Programmed', 'Invalid');
    await httpGoesOn();
    await expect(ask()).rejects.toThrow();
    await replace(tlsSecret('tls', selfSigned('mended.example.com', HOST)));
    await shows('mended.example.com');
    await listenerSays('Programmed', 'Programmed');
  });

  test('says so where the Secret is gone, and takes it when it is back', async () => {
    await world.cluster.remove('Secret', 'default/tls');
    expect(await listenerSays('ResolvedRefs', 'InvalidCertificateRef')).toContain('Secret default/tls does not exist');
    await httpGoesOn();
    await replace(tlsSecret('tls', selfSigned('back.example.com', HOST)));
    await shows('back.example.com');
  });

  test('changes from one Secret to another', async () => {
    await replace(tlsSecret('other', selfSigned('other.example.com', HOST)));
    await world.cluster.apply(gateway('eg', [{ port: http }, { name: 'https', port: https, hostname: HOST, secret: 'other' }]));
    await shows('other.example.com');
    await listenerSays('Programmed', 'Programmed');
  });

  test('holds the content of Secrets that it serves, and of no others', async () => {
    const theirs = 'example.com/another-controller';
    const marked = (name: string): KubernetesObject => {
      const pair = selfSigned(HOST);
      return tlsSecret(name, { certificate: `${name}-marker\n${pair.certificate}`, key: pair.key });
    };
    const inData = (name: string): string => Buffer.from(`${name}-marker\n`).toString('base64').slice(0, 12);
    await replace(marked('unused'), marked('foreign'), marked('former'), marked('served'));
    await world.cluster.apply(gatewayClass('theirs', theirs), gateway('theirs', [{ port: 8443, secret: 'foreign' }], 'theirs'));
    const using = (secret: string) => gateway('eg', [{ port: http }, { name: 'https', port: https, hostname: HOST, secret }]);
    for (const name of ['former', 'served']) {
      await world.cluster.apply(using(name));
      const { metadata } = (await world.cluster.find('Gateway', 'default/eg')) ?? using(name);
      await until(`${name} is served`, async () => {
        const status = conditionOf(await world.cluster.find('Gateway', 'default/eg'), 'Programmed', { listener: 'https' });
        return (status?.observedGeneration === metadata.generation && status?.status === 'True') || undefined;
      });
    }
    const heap = await heapOf(operator.pid, diagnostics);
    const held = ['unused', 'foreign', 'former', 'served'].filter((name) => heap.includes(inData(name)));
    expect(held).toEqual(['served']);
  });
});

/** All that the process holds, as text. */
async function heapOf(pid: number, folder: string): Promise<string> {
  process.kill(pid, 'SIGUSR2');
  return await until(
    'the heap snapshot',
    async () => {
      const [file] = await readdir(folder);
      const text = file === undefined ? '' : await readFile(join(folder, file), 'utf8');
      return text.trimEnd().endsWith(']}') ? text : undefined;
    },
    { limit: 60_000, interval: 500 },
  );
}
