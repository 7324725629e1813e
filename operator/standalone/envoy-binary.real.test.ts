import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envoyVersion } from './binaries/envoy-tool.ts';
import { stepReport } from './binaries/step-report.ts';
import { ensureEnvoy } from './envoy-binary.ts';

describe('the search for Envoy', () => {
  let folder: string;
  let shown: string;
  const report = stepReport({ write: (text: string) => (shown += text) });

  beforeEach(async () => {
    shown = '';
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-envoy-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** An executable that calls itself an Envoy of this version. */
  const executable = async (name: string, version: string): Promise<string> => {
    await mkdir(join(folder, name));
    const path = join(folder, name, 'envoy');
    await writeFile(path, `#!/bin/sh\necho "$0  version: 0123abcd/${version}/Clean/RELEASE/BoringSSL"\n`);
    await chmod(path, 0o755);
    return path;
  };
  const nowhere = { release: undefined, wheel: undefined };
  const find = (environment: Record<string, string>) =>
    ensureEnvoy(report, { environment: { XDG_CACHE_HOME: folder, ...environment }, origins: nowhere });

  test('finds a real one on this machine, or gets it', async () => {
    const { version } = await ensureEnvoy(stepReport(process.stderr));
    expect(version).toMatch(/^1\.40\.\d+$/);
  }, 300_000);

  test('takes the one that is named before the one on PATH', async () => {
    const named = await executable('named', '1.37.0');
    await executable('path', envoyVersion);
    expect(await find({ GATEHOUSE_ENVOY: named, PATH: join(folder, 'path') })).toEqual({
      path: named,
      version: '1.37.0',
      source: 'GATEHOUSE_ENVOY',
    });
    expect(shown).toContain('Envoy 1.37.0; Gatehouse is made for 1.40.0');
  });

  test('refuses a named one that does not run', async () => {
    await expect(find({ GATEHOUSE_ENVOY: join(folder, 'absent') })).rejects.toThrow(
      /^GATEHOUSE_ENVOY names no Envoy that runs here: .*absent/,
    );
  });

  test('takes the first on PATH of a supported version', async () => {
    const path = await executable('path', '1.40.7');
    expect(await find({ PATH: `${join(folder, 'empty')}:${join(folder, 'path')}` })).toEqual({ path, version: '1.40.7', source: 'PATH' });
  });

  test('passes over one on PATH of another version, then says why every source failed', async () => {
    await executable('path', '1.39.0');
    await expect(find({ PATH: join(folder, 'path') })).rejects.toThrow(
      /^Envoy could not be had:\n {2}the official release: there is none for .*\n {2}the Python package .*\nInstall Envoy 1\.40\.0 yourself/,
    );
    expect(shown).toContain('is 1.39.0, needed is 1.40');
  });
});
