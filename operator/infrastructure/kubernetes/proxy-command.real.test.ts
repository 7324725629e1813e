import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { freePort } from '../../../e2e/harness/free-port.ts';
import { type ManagedProcess, startProcess } from '../../../e2e/harness/managed-process.ts';
import { type CertificatePair, selfSigned } from '../../../e2e/harness/self-signed.ts';
import { until } from '../../../e2e/harness/until.ts';
import { LOG_COMPONENTS } from '../../../translators/envoy/log-components.ts';
import { splitCase } from '../../../translators/testing/golden.ts';
import { stepReport } from '../../standalone/binaries/step-report.ts';
import { ensureEnvoy } from '../../standalone/envoy-binary.ts';
import { OPTIONS, objectsOfCase, outcomeOf } from './testing/infra-golden.ts';

/** The command lines of the cases, given to a real Envoy. */

const CASES = path.join(import.meta.dirname, 'cases');
const BASE = readFileSync(path.resolve(import.meta.dirname, '../../../translators/testing/base.yaml'), 'utf8');

let folder: string;
let envoy: string;
let proxyCertificate: CertificatePair;
let controlPlaneCertificate: CertificatePair;

interface Container {
  readonly name: string;
  readonly args: readonly string[];
}

interface Rendered {
  readonly args: readonly string[];
  readonly secrets: Readonly<Record<string, string>>;
}

/** What the proxy of a case is started with; undefined: the case has none. */
function renderedOf(given: string): Rendered | undefined {
  const [fleet] = outcomeOf(objectsOfCase(given, BASE)).fleets;
  if (fleet === undefined || !fleet.rendered.ok) return undefined;
  const objects = fleet.rendered.value;
  // Manifests of ours, whose shape the other tests know.
  const workload = objects.find(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet')?.spec as {
    readonly template: { readonly spec: { readonly containers: readonly Container[] } };
  };
  const { data = {} } = objects.find(({ kind }) => kind === 'ConfigMap') as { readonly data?: Readonly<Record<string, string>> };
  return { args: workload.template.spec.containers.find(({ name }) => name === 'envoy')?.args ?? [], secrets: data };
}

/** As the kubelet would run it, but for the places of files. */
const onThisMachine = ({ args }: Rendered): readonly string[] =>
  args.map((argument) =>
    argument.replaceAll('$(ENVOY_POD_NAME)', 'pod-1').replaceAll('$(ENVOY_SERVICE_ZONE)', '1').replaceAll('"/sds/', `"${folder}/`),
  );

const givenOf = (file: string): string => splitCase(readFileSync(path.join(CASES, file), 'utf8')).given;

/** Those of whom something is made. */
const FILES = globSync('*.yaml', { cwd: CASES })
  .filter((file) => renderedOf(givenOf(file)) !== undefined)
  .sort();

beforeAll(async () => {
  ({ path: envoy } = await ensureEnvoy(stepReport(process.stderr)));
  folder = mkdtempSync(path.join(tmpdir(), 'gh-proxy-'));
  proxyCertificate = selfSigned(`*.${OPTIONS.namespace}`);
  controlPlaneCertificate = selfSigned('envoy-gateway');
  const files = { 'tls.crt': proxyCertificate.certificate, 'tls.key': proxyCertificate.key, 'ca.crt': controlPlaneCertificate.certificate };
  const { secrets } = renderedFor('');
  for (const [name, text] of Object.entries({ ...files, ...secrets })) {
    writeFileSync(path.join(folder, name), text.replaceAll('"/certs', `"${folder}`));
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const renderedFor = (given: string): Rendered => {
  const rendered = renderedOf(given);
  if (rendered === undefined) throw new Error('the case has no proxy');
  return rendered;
};

test.each(FILES)('Envoy takes the command line of %s', async (file) => {
  const args = [...onThisMachine(renderedFor(givenOf(file))), '--mode', 'validate', '--use-dynamic-base-id'];
  const run = await startProcess({ name: 'envoy', command: envoy, args });
  expect([await run.ended, run.logs()]).toEqual([0, expect.stringContaining('OK')]);
});

/** Envoy with the command line of the base, its own ports free ones, and the control plane at `port` of this machine. */
async function started(port: number): Promise<{ readonly run: ManagedProcess; readonly admin: string }> {
  const adminPort = await freePort();
  const statsPort = await freePort();
  const args = onThisMachine(renderedFor('')).map((argument) =>
    argument
      .replaceAll('"0.0.0.0"', '"127.0.0.1"')
      .replaceAll(': 19000', `: ${adminPort}`)
      .replaceAll(': 19001', `: ${statsPort}`)
      .replaceAll(': 18000', `: ${port}`)
      .replaceAll('envoy-gateway.envoy-gateway-system.svc.cluster.local.', '127.0.0.1'),
  );
  const run = await startProcess({ name: 'envoy', command: envoy, args: [...args, '--use-dynamic-base-id'] });
  return { run, admin: `http://127.0.0.1:${adminPort}` };
}

/** A control plane's port that only lets in who has the proxy's certificate; tells who came. */
async function controlPlane(
  certificate: CertificatePair,
): Promise<{ readonly server: Server; readonly port: number; readonly came: TLSSocket[] }> {
  const came: TLSSocket[] = [];
  const server = createServer(
    {
      cert: certificate.certificate,
      key: certificate.key,
      ca: proxyCertificate.certificate,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['h2'],
    },
    (socket) => {
      socket.on('error', () => {});
      came.push(socket);
    },
  );
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It listens on a port.
  return { server, port: (server.address() as AddressInfo).port, came };
}

const statOf = async (admin: string, name: string): Promise<number> => {
  const answer = await fetch(`${admin}/stats?filter=^${name.replaceAll('.', '\\.')}$`);
  return Number(/: ([0-9]+)/.exec(await answer.text())?.[1] ?? 0);
};

test('a proxy proves itself to its control plane, and knows its log components', async () => {
  const { server, port, came } = await controlPlane(controlPlaneCertificate);
  const { run, admin } = await started(port);
  try {
    const socket = await until('the proxy has come', async () => came[0], { limit: 30_000 });
    expect(socket.getPeerCertificate().subject.CN).toBe(`*.${OPTIONS.namespace}`);
    expect(socket.alpnProtocol).toBe('h2');
    const lines = (await (await fetch(`${admin}/logging`, { method: 'POST' })).text()).split('\n').slice(1);
    const components = lines.map((line) => line.split(':')[0]?.trim() ?? '').filter((name) => name !== '');
    expect([...LOG_COMPONENTS].sort()).toEqual(components.sort());
    const info = (await (await fetch(`${admin}/server_info`)).json()) as { readonly node: object };
    expect(info.node).toMatchObject({ id: 'pod-1', cluster: 'default/gw', locality: { zone: '1' } });
  } finally {
    await run.stop('SIGKILL');
    for (const socket of came) socket.destroy();
    server.close();
  }
}, 60_000);

test('a proxy does not speak to a server of another name, whoever vouches for it', async () => {
  const other = selfSigned('somebody-else');
  writeFileSync(path.join(folder, 'ca.crt'), other.certificate);
  const { server, port } = await controlPlane(other);
  const { run, admin } = await started(port);
  try {
    const failed = await until(
      'the proxy has refused the server',
      async () => (await statOf(admin, 'cluster.xds_cluster.ssl.fail_verify_san')) || undefined,
      { limit: 30_000 },
    );
    expect(failed).toBeGreaterThan(0);
  } finally {
    await run.stop('SIGKILL');
    server.close();
    writeFileSync(path.join(folder, 'ca.crt'), controlPlaneCertificate.certificate);
  }
}, 60_000);
