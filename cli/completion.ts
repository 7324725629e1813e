import { Argument, type Command } from 'commander';
import { addLogOptions } from './log-options.ts';
import { EXIT, type Perform } from './session.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
type Shell = (typeof SHELLS)[number];

const HELP = `
Examples:
  source <(gatehouse completion bash)                                  # this shell; the line in ~/.bashrc: every one
  gatehouse completion zsh > "\${fpath[1]}/_gatehouse"
  gatehouse completion fish > ~/.config/fish/completions/gatehouse.fish
  gatehouse completion powershell | Out-String | Invoke-Expression`;

/** `gatehouse completion` */
export function addCompletion(program: Command, perform: Perform): void {
  const command = program
    .command('completion')
    .description('print a script with which a shell completes verbs, options and their values')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell) => {
      perform(async ({ stdout }) => {
        const { completionScript } = await import('./completion/completion-script.ts');
        stdout.write(completionScript(program, shell));
        return EXIT.fine;
      });
    });
  addLogOptions(command, 'warn');
}
