import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatehouseVersion } from '../../cli/version.ts';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { stepReport } from '../../operator/standalone/binaries/step-report.ts';
import { freePort } from '../harness/free-port.ts';
import { type ManagedProcess, startProcess } from '../harness/managed-process.ts';
import { until } from '../harness/until.ts';
import { ensureImages, type ImageArchives } from './image-archives.ts';
import { fileHash } from './layer.ts';
import { blobFile, containerCommand, containerProblem, type UnpackedImage, unpackImage } from './unpacked-image.ts';

const problem = await containerProblem();
if (problem !== undefined) process.stderr.write(`skipped, as it needs containers: ${problem}\n`);
const describeInContainer = problem === undefined ? describe : describe.skip; // The reason has been printed.

const version = gatehouseVersion();

describe('images for machines that cannot pull', () => {
  let archives: ImageArchives;
  let images: Record<keyof ImageArchives, UnpackedImage>;

  beforeAll(async () => {
    archives = await ensureImages(stepReport({ write: () => true }));
    const { operator, envoy, echo } = archives;
    images = { operator: await unpackImage(operator.file), envoy: await unpackImage(envoy.file), echo: await unpackImage(echo.file) };
  }, 300_000);

  afterAll(async () => {
    for (const image of Object.values(images ?? {})) await image.remove();
  });

  test('are named as those that they stand in for', () => {
    expect(Object.values(archives).map(({ name }) => name)).toEqual([
      `docker.io/gatehouse/gatehouse:${version}`,
      'docker.io/envoyproxy/envoy:distroless-v1.40.0',
      `docker.io/gatehouse/echo:${version}`,
    ]);
  });

  test('hold what they say, for old Docker and for everything that reads OCI layouts', async () => {
    for (const [name, { archive, configuration }] of Object.entries(images)) {
      for (const digest of await readdir(join(archive, 'blobs', 'sha256'))) {
        expect(await fileHash(join(archive, 'blobs', 'sha256', digest))).toBe(digest);
      }
      const [inDocker] = JSON.parse(await readFile(join(archive, 'manifest.json'), 'utf8'));
      const written = archives[name as keyof ImageArchives]; // the keys of `images`
      expect(inDocker.RepoTags).toEqual([written.name]);
      expect(`sha256:${basename(inDocker.Config)}`).toBe(written.id);
      expect(JSON.parse(await readFile(blobFile(archive, written.id), 'utf8'))).toEqual(configuration);
      expect(inDocker.Layers.map((path: string) => `sha256:${basename(path)}`)).toEqual(configuration.rootfs.diff_ids);
      expect(configuration.config.User).toBe('65532:65532');
    }
  });

  test('share the layers that are the same', () => {
    const { operator, echo } = images;
    expect(echo.configuration.rootfs.diff_ids.slice(0, 2)).toEqual(operator.configuration.rootfs.diff_ids.slice(0, 2));
  });

  test('have no shell, no sources of ours but the echo backend, no tests and no maps in them', async () => {
    for (const { root } of Object.values(images)) {
      const names = await readdir(root, { recursive: true });
      expect(names.filter((name) => /(^|\/)(sh|bash|busybox)$|\.map$|\.test\.js$/.test(name))).toEqual([]);
      expect(names.filter((name) => name.endsWith('.ts')).sort()).toEqual(
        root === images.echo.root ? ['app/e2e/images/echo-server.ts', 'app/operator/standalone/echo-backend.ts'] : [],
      );
    }
  });

  test('that did not change are not written again', async () => {
    const again = await ensureImages(stepReport({ write: () => true }));
    expect(Object.values(again).map(({ found }) => found)).toEqual([true, true, true]);
  }, 120_000);

  describeInContainer('run as nobody on a root that they cannot write to:', () => {
    const run = (image: UnpackedImage, ...args: string[]) => {
      const { command, args: all, env } = containerCommand(image, args);
      return runCommand(command, all, { env, timeout: 50_000 });
    };

    test.each([
      { args: ['version'], says: `gatehouse ${version} (node 24` },
      { args: ['crds'], says: 'kind: CustomResourceDefinition' },
    ])('gatehouse $args', async ({ args, says }) => {
      const { reason, stdout } = await run(images.operator, ...args);
      expect(reason).toBe('');
      expect(stdout).toContain(says);
    });

    test('the operator says what is missing outside of a cluster', async () => {
      const { ok, reason } = await run(images.operator, 'operator');
      expect(ok).toBe(false);
      expect(reason).toMatch(/error: \/certs\/.*mount the Secret envoy-gateway there/);
    });

    test('envoy', async () => {
      const { reason, stdout } = await run(images.envoy, '--version');
      expect(reason).toBe('');
      expect(stdout).toContain('/1.40.0/');
    });

    test('the echo backend, which goes on for a while when it is told to stop', async () => {
      const port = await freePort();
      const { command, args, env } = containerCommand(images.echo);
      const echo = { ...env, HTTP_PORT: String(port), POD_NAME: 'echo-1', DRAIN_SECONDS: '1' };
      const container: ManagedProcess = await startProcess({ name: 'echo', command, args, env: echo });
      try {
        const ask = async () => await (await fetch(`http://127.0.0.1:${port}/seen?x=1`)).json();
        expect(await until('the echo backend answers', ask)).toMatchObject({ path: '/seen?x=1', pod: 'echo-1', method: 'GET' });
        process.kill(container.pid, 'SIGTERM');
        await sleep(200);
        expect(await ask()).toMatchObject({ pod: 'echo-1' });
        expect(await container.ended).toBe(0);
      } finally {
        await container.stop();
      }
    });
  });
});
