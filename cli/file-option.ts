import type { Command } from 'commander';

/** The files that a verb cannot do without; ends the call with a usage error where there are none. */
export function requiredFiles(command: Command, files: readonly string[] | undefined): readonly string[] {
  // Not a required option of commander's: it would complain of what is missing before it sees the typing error that caused it.
  return files ?? command.error("error: say which files with -f, for example '-f examples/quickstart.yaml'", { exitCode: 2 });
}
