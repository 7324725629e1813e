import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { operatorSettings } from './recipes.ts';

const ROOT = join(import.meta.dirname, '../..');
const lines = (await readFile(join(ROOT, 'Dockerfile'), 'utf8')).split('\n');
const valuesOf = (instruction: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1));

test('the Dockerfile makes the same image as `make images`', () => {
  expect(JSON.parse(valuesOf('ENTRYPOINT').join())).toEqual(operatorSettings.entrypoint);
  expect(valuesOf('ENV').join().split(' ')).toEqual(operatorSettings.environment);
  expect(valuesOf('EXPOSE').join().split(' ').map(Number)).toEqual(operatorSettings.ports);
  expect(valuesOf('USER')).toEqual(['65532:65532']);
});

test('it builds with the Node that the project is tested with, and runs on the same major version', async () => {
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const [major] = devDependencies.node.split('.');
  const [build, run] = valuesOf('FROM');
  expect(build).toContain(`/node:${devDependencies.node}-`);
  expect(run).toMatch(new RegExp(`^gcr.io/distroless/nodejs${major}-debian\\d+:nonroot$`));
});

test('what .dockerignore lets in is enough to lay out the image, and the result starts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-context-'));
  try {
    const context = join(folder, 'src');
    const admitted = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).split('\n').filter((line) => line.startsWith('!'));
    for (const name of admitted.map((line) => line.slice(1))) await cp(join(ROOT, name), join(context, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(context, 'node_modules'));
    const command =
      valuesOf('RUN')
        .at(-1)
        ?.split(' && ')
        .map((part) => part.replace(/ \/image$/, ` ${join(folder, 'image')}`)) ?? [];
    expect(command).toHaveLength(2);
    for (const part of command) expect((await runCommand(process.execPath, part.split(' ').slice(1), { cwd: context })).reason).toBe('');
    const main = join(folder, 'image', 'app', 'dist', 'main.js');
    const { stdout, reason } = await runCommand(process.execPath, [main, 'version']);
    expect(reason).toBe('');
    expect(stdout).toMatch(/^gatehouse \d/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
