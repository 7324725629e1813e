import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type CommandResult, runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { describeInCluster } from './cluster/describe-in-cluster.ts';

jest.setTimeout(600_000);

const ROOT = join(import.meta.dirname, '../..');
/** Not the cluster that somebody may have here. */
const NAME = `test-${process.pid}`;
const env = { ...process.env, KIND_CLUSTER_NAME: NAME };
const make = (target: string): Promise<CommandResult> => runCommand('make', [target], { cwd: ROOT, env });

describeInCluster('make kind', () => {
  afterAll(() => make('kind-down'));

  test('makes a cluster in which the quickstart answers, as it says', async () => {
    const { stdout, reason } = await make('kind');
    expect(reason).toBe('');
    expect(stdout).toContain('Ready: the quickstart answers.');
    const asked = stdout.split('\n').find((line) => line.includes(' curl ')) ?? '';
    const answer = await runCommand('sh', ['-c', `${asked} --silent --fail`]);
    expect(answer.reason).toBe('');
    expect(JSON.parse(answer.stdout)).toMatchObject({ path: '/get', host: 'www.example.com' });
  });

  test('once more, it brings the same cluster up to date', async () => {
    const { stdout, reason } = await make('kind');
    expect(reason).toBe('');
    expect(stdout).toContain('Ready: the quickstart answers.');
  });

  test('make kind-down leaves nothing', async () => {
    expect((await make('kind-down')).reason).toBe('');
    expect(existsSync(join(ROOT, 'build', 'kind', NAME, 'docker.json'))).toBe(false);
    const { stdout: processes } = await runCommand('ps', ['-eo', 'args']);
    expect(processes.split('\n').filter((line) => line.includes(`${NAME}-control-plane`))).toEqual([]);
    expect((await make('kind-down')).reason).toBe('');
  });
});
