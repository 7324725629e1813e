import type { Command } from 'commander';
import type { Perform } from './session.ts';

/** `gatehouse envoy` in the help of the program. What it does, and its own help, are in envoy.ts, which knows no commander. */
export function addEnvoy(program: Command, perform: Perform): void {
  program
    .command('envoy')
    .description("what stands beside a proxy in its pod: 'envoy shutdown-manager', 'envoy shutdown'")
    .argument('[arguments...]')
    .helpOption(false)
    .allowUnknownOption()
    .action((args: readonly string[]) => perform(async (session) => (await import('./envoy.ts')).envoy(args, session)));
}
