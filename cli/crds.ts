import type { Command } from 'commander';
import { addLogOptions } from './log-options.ts';
import { EXIT, type Perform } from './session.ts';

/** `gatehouse crds` */
export function addCrds(program: Command, perform: Perform): void {
  const command = program
    .command('crds')
    .description("print Gatehouse's CustomResourceDefinitions as one YAML stream")
    .addHelpText(
      'after',
      `
Those of the Gateway API itself are not among them: install these from its releases.

Example:
  gatehouse crds | kubectl apply --server-side -f -`,
    )
    .action(() => {
      perform(async ({ stdout }) => {
        const { printCrds } = await import('../crds/print-crds.ts');
        stdout.write(printCrds());
        return EXIT.fine;
      });
    });
  addLogOptions(command, 'warn');
}
