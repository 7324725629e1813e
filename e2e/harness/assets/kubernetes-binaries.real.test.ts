import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import { stepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { type Loopback, listenOnLoopback } from '../loopback.ts';
import { goBuild } from './go-build.ts';
import { ensureKubernetesBinaries, envtestSource } from './kubernetes-binaries.ts';

describe('the search for etcd and kube-apiserver', () => {
  let folder: string;
  let archive: Buffer;
  let server: Loopback;
  let url: string;
  const report = stepReport({ write: () => true });

  /** An archive laid out as envtest's are, with two scripts in place of the programs. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-envtest-'));
    const content = join(folder, 'controller-tools', 'envtest');
    await mkdir(content, { recursive: true });
    for (const name of ['etcd', 'kube-apiserver']) {
      await writeFile(join(content, name), '#!/bin/sh\necho v1\n');
      await chmod(join(content, name), 0o755);
    }
    const packed = await runCommand('tar', ['-czf', join(folder, 'envtest.tar.gz'), '-C', folder, 'controller-tools']);
    expect(packed.reason).toBe('');
    archive = await readFile(join(folder, 'envtest.tar.gz'));
    server = await listenOnLoopback(createServer((_, response) => response.end(archive)));
    url = `http://127.0.0.1:${server.port}/envtest.tar.gz`;
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const released = (checksum: string) => envtestSource({ url, algorithm: 'sha512', checksum });

  test('unpacks the release', async () => {
    const checksum = createHash('sha512').update(archive).digest('hex');
    const environment = { XDG_CACHE_HOME: join(folder, 'cache') };
    const found = await ensureKubernetesBinaries(report, { environment, sources: [released(checksum)] });
    expect(found.source).toBe('the envtest release');
    expect((await readdir(found.folder)).sort()).toEqual(['etcd', 'kube-apiserver']);
    expect(await ensureKubernetesBinaries(report, { environment, sources: [released(checksum)] })).toEqual({ ...found, source: 'cache' });
  });

  test('refuses a release with another checksum', async () => {
    const environment = { XDG_CACHE_HOME: join(folder, 'other-cache') };
    const found = ensureKubernetesBinaries(report, { environment, sources: [released('0'.repeat(128))] });
    await expect(found).rejects.toThrow(/could not be had:\n {2}the envtest release: the sha512 of .* must be 0+\nPut etcd/);
  });

  test('says what a named folder lacks', async () => {
    const named = join(folder, 'named');
    await mkdir(named);
    await writeFile(join(named, 'etcd'), '');
    const found = ensureKubernetesBinaries(report, { environment: { KUBEBUILDER_ASSETS: named } });
    await expect(found).rejects.toThrow(`KUBEBUILDER_ASSETS=${named} holds no kube-apiserver.`);
  });

  // Where the module cache is not whole, Go ends earlier and for another reason; offline it asks no network.
  test('a Go build that cannot work says why', async () => {
    const program = { name: 'nothing', module: 'etcd', package: 'no-such-package', variables: {} };
    const built = goBuild(program, join(folder, 'nothing'), report, { ...process.env, GATEHOUSE_OFFLINE: '1' });
    await expect(built).rejects.toThrow(/go build no-such-package failed: exit code 1[\s\S]*(is not in std|module lookup disabled)/);
  }, 60_000);
});
