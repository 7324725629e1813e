import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { SHELLS } from '../completion.ts';
import { completionScript } from './completion-script.ts';

/** Has all that a program can have: quotes and brackets, one choice, no option at all. */
function program(): Command {
  const it = new Command('gatehouse').version('1');
  const run = it.command('run').description("serve it's [files]: now; and then");
  run.option('-f, --file <path...>', 'a file').option('--port <port>').option('--fast', 'be $HOME `quick`');
  run.addOption(new Option('--log-format <format>', 'how').choices(['text', 'json'])).addOption(new Option('--secret').hideHelp());
  it.command('show').argument('<what>').helpOption(false);
  it.command('hidden', { hidden: true });
  return it;
}

const has = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined;
/** Only what is installed can be run. */
const testIn = (shell: string) => (has(shell) ? test : test.skip); // The shell is not installed.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-completion-'));
  for (const shell of SHELLS) writeFileSync(join(folder, shell), completionScript(program(), shell));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers for the last of the words, as it splits them. */
const bash = (...words: readonly string[]): readonly string[] => {
  const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gatehouse; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-uc', script, 'bash', join(folder, 'bash'), 'gatehouse', ...words], { encoding: 'utf8' });
  return out.split('\n').filter((line) => line !== '');
};

test('bash offers verbs first, then the options of the verb and their values', () => {
  expect(bash('')).toEqual(['run', 'show', 'help', '-V', '--version', '-h', '--help']);
  expect(bash('ru')).toEqual(['run']);
  expect(bash('run', '--f')).toEqual(['--file', '--fast']);
  expect(bash('run', '--port', '80', '--log')).toEqual(['--log-format']);
  expect(bash('run', '--log-format', '')).toEqual(['text', 'json']);
  expect(bash('run', '--log-format', '=', 'js')).toEqual(['json']);
  expect(bash('run', '--log-format', '=')).toEqual(['text', 'json']);
});

test('bash leaves files to itself, and evaluates nothing that was typed', () => {
  expect(bash('run', '-f', '')).toEqual([]);
  expect(bash('nothing', '')).toEqual([]);
  const trap = join(folder, 'trap');
  expect(bash('run', `$(touch ${trap})`, `\`touch ${trap}\``)).toEqual([]);
  expect(spawnSync('ls', [trap]).status).not.toBe(0);
});

test('bash can read it twice, and registers it', () => {
  const script = 'source "$1"; source "$1"; complete -p gatehouse';
  const out = execFileSync('bash', ['--norc', '-uc', script, 'bash', join(folder, 'bash')], { encoding: 'utf8' });
  expect(out.trim()).toBe('complete -o default -F _gatehouse gatehouse');
});

testIn('fish')('fish offers the same, with what they mean', () => {
  const fish = (line: string): readonly string[] =>
    execFileSync('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', join(folder, 'fish'), line], { encoding: 'utf8' })
      .split('\n')
      .filter((each) => each !== '');
  expect(fish('gatehouse ru')).toEqual(["run\tserve it's [files]: now"]);
  expect(fish('gatehouse run --log-format ')).toEqual(['json\thow', 'text\thow']);
  expect(fish('gatehouse run --fa')).toEqual(['--fast\tbe $HOME `quick`']);
});

testIn('zsh')('zsh understands it', () => {
  expect(execFileSync('zsh', ['-fn', join(folder, 'zsh')], { encoding: 'utf8' })).toBe('');
});

testIn('pwsh')('PowerShell offers the same', () => {
  const script = '& { . $args[0]; (TabExpansion2 $args[1] $args[1].Length).CompletionMatches.CompletionText }';
  const offered = (line: string): readonly string[] =>
    execFileSync('pwsh', ['-NoProfile', '-Command', `${script} '${join(folder, 'powershell')}' '${line}'`], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
  expect(offered('gatehouse ru')).toEqual(['run']);
  expect(offered('gatehouse run --log-format ')).toEqual(['text', 'json']);
});

test('what is hidden is offered nowhere', () => {
  for (const shell of SHELLS) expect(completionScript(program(), shell)).not.toMatch(/hidden|secret/);
});
