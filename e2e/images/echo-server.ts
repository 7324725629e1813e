/**
 * The echo backend as a container: HTTP/1.1 and HTTP/2 without TLS on HTTP_PORT (3000), and where TLS_SERVER_CERT and TLS_SERVER_PRIVKEY name
 * PEM files (TLS_CLIENT_CACERTS may), TLS on HTTPS_PORT (8443). It says that it is POD_NAME in NAMESPACE, of SERVICE_NAME and INGRESS_NAME.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EchoBackend, type EchoOptions, startEchoBackend } from '../../operator/standalone/echo-backend.ts';

const { env } = process;
const portOf = (name: string, usual: number): number => Number(env[name] || usual);

/** Proxies send requests here until they have heard that the pod goes. */
const DRAIN_MS = portOf('DRAIN_SECONDS', 5) * 1000;

const identity = {
  pod: env['POD_NAME'] ?? '',
  namespace: env['NAMESPACE'] ?? '',
  service: env['SERVICE_NAME'] ?? '',
  ingress: env['INGRESS_NAME'] ?? '',
};

async function tlsFiles(): Promise<EchoOptions['tls']> {
  const [cert, key, ca] = [env['TLS_SERVER_CERT'], env['TLS_SERVER_PRIVKEY'], env['TLS_CLIENT_CACERTS']];
  if (!cert || !key) return undefined;
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8'), ...(ca ? { ca: await readFile(ca, 'utf8') } : {}) };
}

/** On IPv6 and IPv4, or on IPv4 alone where the other is switched off. */
async function start(options: Omit<EchoOptions, 'host'>): Promise<EchoBackend> {
  return await startEchoBackend({ ...options, host: '::' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EAFNOSUPPORT' && error.code !== 'EADDRNOTAVAIL') throw error;
    return startEchoBackend({ ...options, host: '0.0.0.0' });
  });
}

const tls = await tlsFiles();
const backends = [await start({ port: portOf('HTTP_PORT', 3000), identity })];
if (tls !== undefined) backends.push(await start({ port: portOf('HTTPS_PORT', 8443), identity, tls }));
console.log(`echo: listening on port ${backends.map(({ port }) => port).join(' and ')}`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    await sleep(DRAIN_MS);
    await Promise.all(backends.map((backend) => backend.close()));
  });
}
