import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';

jest.setTimeout(180_000);

const NAMESPACE = 'gatehouse-certs';
const COMMAND = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));
const CERTIFIED = ['envoy-gateway', 'envoy', 'envoy-rate-limit'] as const;

type Data = Readonly<Record<string, string>>;

const authoritiesIn = (data: Data): readonly X509Certificate[] =>
  (data['ca.crt']?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem));
const leafOf = (data: Data): X509Certificate => new X509Certificate(data['tls.crt'] ?? '');
/** Whether one would trust the other. */
const trusts = (one: Data, other: Data): boolean =>
  authoritiesIn(one).some((authority) => leafOf(other).checkIssued(authority) && leafOf(other).verify(authority.publicKey));

describe('gatehouse certgen', () => {
  let cluster: TestCluster;

  const certgen = async (...args: readonly string[]): Promise<string> => {
    const kubeconfig = cluster.server.kubeconfigPath;
    const env = { ...process.env, ENVOY_GATEWAY_NAMESPACE: NAMESPACE };
    const result = await runCommand(COMMAND, ['certgen', '--kubeconfig', kubeconfig, ...args], { env });
    if (!result.ok) throw new Error(result.reason);
    return result.stdout;
  };
  const read = async (name: string): Promise<Data> => {
    // The API server has checked what a Secret is.
    const secret = (await cluster.find('Secret', `${NAMESPACE}/${name}`)) as unknown as { readonly data: Data };
    return Object.fromEntries(Object.entries(secret.data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
  };
  const readAll = async (): Promise<readonly Data[]> => Promise.all(CERTIFIED.map(read));

  beforeAll(async () => {
    cluster = await startTestCluster();
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  });
  afterAll(() => cluster.stop());

  test('makes the Secrets of the contract, all signed by one CA', async () => {
    await certgen();
    const all = await readAll();
    for (const one of all) for (const other of all) expect(trusts(one, other)).toBe(true);
    const names = ['', `.${NAMESPACE}`, `.${NAMESPACE}.svc`, `.${NAMESPACE}.svc.cluster.local`].map((end) => `DNS:envoy-gateway${end}`);
    expect(all[0] && leafOf(all[0]).subjectAltName?.split(', ')).toEqual(names);
    expect(all[1] && leafOf(all[1]).subjectAltName).toBe(`DNS:*.${NAMESPACE}`);
    expect(await cluster.find('Secret', `${NAMESPACE}/envoy`)).toMatchObject({
      type: 'kubernetes.io/tls',
      metadata: { labels: { 'control-plane': 'envoy-gateway' } },
    });
    const hmac = (await cluster.find('Secret', `${NAMESPACE}/envoy-oidc-hmac`)) as unknown as { readonly data: Data };
    expect(Buffer.from(hmac.data['hmac-secret'] ?? '', 'base64')).toHaveLength(32);
  });

  test('keeps them, also when called again or twice at once', async () => {
    const before = await readAll();
    expect((await Promise.all([certgen(), certgen()])).join()).toContain(`Secret ${NAMESPACE}/envoy is kept.`);
    expect(await readAll()).toEqual(before);
  });

  test('two that begin at once end with one CA', async () => {
    for (const name of [...CERTIFIED, 'envoy-oidc-hmac']) await cluster.remove('Secret', `${NAMESPACE}/${name}`);
    await Promise.all([certgen(), certgen()]);
    const all = await readAll();
    for (const one of all) for (const other of all) expect(trusts(one, other)).toBe(true);
  });

  test('while certificates are replaced everybody trusts everybody, whatever each has read so far', async () => {
    const first = await readAll();
    const rotating = certgen('--overwrite', '--settle-time', '3s');
    let both = await readAll();
    while (both.some((data) => authoritiesIn(data).length < 2)) both = await readAll();
    expect(both.map((data) => data['tls.crt'])).toEqual(first.map((data) => data['tls.crt']));
    await rotating;
    const last = await readAll();
    for (const one of [...first, ...both]) for (const other of [...first, ...both]) expect(trusts(one, other)).toBe(true);
    for (const one of [...both, ...last]) for (const other of [...both, ...last]) expect(trusts(one, other)).toBe(true);
    expect(last.some((data, i) => data['tls.crt'] === first[i]?.['tls.crt'])).toBe(false);
  });

  test('the next time the oldest CA is let go', async () => {
    const [before] = await readAll();
    await certgen('--overwrite', '--settle-time', '0s');
    const [after] = await readAll();
    expect(after && authoritiesIn(after)).toHaveLength(2);
    expect(before && after && trusts(after, before)).toBe(true);
  });

  test('where one is lost, all are signed anew', async () => {
    await cluster.remove('Secret', `${NAMESPACE}/envoy`);
    expect(await certgen('--settle-time', '0s')).toContain('Secret envoy is not there and the key of the CA is kept nowhere');
    const all = await readAll();
    for (const one of all) for (const other of all) expect(trusts(one, other)).toBe(true);
  });

  test('files are what a mounted Secret would be', async () => {
    const home = await mkdtemp(join(tmpdir(), 'gh-certgen-'));
    try {
      await certgen('--local', '--config-home', home);
      expect((await readdir(join(home, 'certs'))).sort()).toEqual([...CERTIFIED].sort());
      const of = (file: string): Promise<string> => readFile(join(home, 'certs', 'envoy', file), 'utf8');
      const [ca, cert] = await Promise.all([of('ca.crt'), of('tls.crt'), of('tls.key')]);
      expect(new X509Certificate(cert).checkIssued(new X509Certificate(ca))).toBe(true);
      expect(await certgen('--local', '--config-home', home)).toContain('is kept');
      expect(await of('ca.crt')).toBe(ca);
      await rm(join(home, 'certs', 'envoy', 'tls.key'));
      expect(await certgen('--local', '--config-home', home)).toContain('envoy of ');
      expect(await of('tls.key')).toContain('PRIVATE KEY');
      expect((await of('ca.crt')).endsWith(ca)).toBe(true);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
