import { realpath } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { type ImageFile, NONROOT } from './image-file.ts';

/**
 * What a distroless base image has: the C library and what else `programs` are linked with (this machine's), users, the order of name look-up,
 * certificates of public authorities (those of this Node, so that a machine's own ones do not get in). No shell.
 */
export async function runtimeFiles(programs: readonly string[]): Promise<readonly ImageFile[]> {
  const libraries = new Set<string>();
  for (const program of programs) for (const library of await librariesOf(program)) libraries.add(library);
  const files = [...libraries].map(async (path) => ({ path, file: await realpath(path) }));
  return [
    ...(await Promise.all(files)),
    {
      path: '/etc/passwd',
      text: `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${NONROOT}:${NONROOT}:nonroot:/nonexistent:/sbin/nologin\n`,
    },
    { path: '/etc/group', text: `root:x:0:\nnonroot:x:${NONROOT}:\n` },
    { path: '/etc/nsswitch.conf', text: 'hosts: files dns\n' },
    { path: '/etc/ssl/certs/ca-certificates.crt', text: `${rootCertificates.join('\n')}\n` },
    { path: '/tmp', folder: true },
  ];
}

/** Shared libraries of an executable, the loader among them, by the paths under which it looks for them. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { ok, stdout, reason } = await runCommand('ldd', [program]);
  if (!ok) throw new Error(`\`ldd ${program}\` fails: ${reason}`);
  const missing = /^\s*(\S+) => not found/m.exec(stdout)?.[1];
  if (missing !== undefined) throw new Error(`${program} needs ${missing}, which this machine lacks`);
  // `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)`, and the loader as `/lib64/ld-linux-x86-64.so.2 (0x...)`
  return [...stdout.matchAll(/(?:=>\s+|^\s*)(\/\S+) \(0x/gm)].flatMap(([, path]) => path ?? []);
}
