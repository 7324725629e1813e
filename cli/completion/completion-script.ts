import type { Command } from 'commander';
import { bashCompletion } from './bash.ts';
import { type CompletedProgram, completedProgram } from './completion-model.ts';
import { fishCompletion } from './fish.ts';
import { powershellCompletion } from './powershell.ts';
import { zshCompletion } from './zsh.ts';

const SCRIPTS = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
} as const satisfies Record<string, (program: CompletedProgram) => string>;

/** A script that completes the program's verbs, options and their values in a shell. */
export const completionScript = (program: Command, shell: keyof typeof SCRIPTS): string => SCRIPTS[shell](completedProgram(program));
