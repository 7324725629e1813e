import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertificatePair, selfSigned } from './self-signed.ts';

/** What `gatehouse operator --certs-dir` takes, and what its proxies show. */
export interface XdsCertificates {
  readonly folder: string;
  readonly server: CertificatePair;
  readonly proxy: CertificatePair;
  remove(): Promise<void>;
}

/** For a control plane with proxies in this namespace. */
export async function writeXdsCertificates(namespace: string): Promise<XdsCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'gh-certs-'));
  const [server, proxy] = [selfSigned('envoy-gateway'), selfSigned(`*.${namespace}`)];
  const files = { 'tls.crt': server.certificate, 'tls.key': server.key, 'ca.crt': server.certificate + proxy.certificate };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { folder, server, proxy, remove: () => rm(folder, { recursive: true, force: true }) };
}
