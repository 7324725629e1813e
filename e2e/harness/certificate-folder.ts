import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from './self-signed.ts';

/** What a pod has under /certs, in a folder of its own: the server's certificate, which is its own authority. */
export async function certificateFolder(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'gh-certs-'));
  const { certificate, key } = selfSigned('envoy-gateway');
  const files = { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': certificate };
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return { path, remove: () => rm(path, { recursive: true }) };
}
