import type { Command } from 'commander';

const USAGE = { exitCode: 2 } as const;

/** The files as they were named; ends the call with a usage error where one is named wrongly. */
export function checkedFiles(command: Command, files: readonly string[] | undefined): readonly string[] | undefined {
  const [stray] = command.args;
  if (stray !== undefined) return command.error(`error: unexpected '${stray}'. Files are named with -f: '-f ${stray}'`, USAGE);
  // A folder's path joined from nothing would be the current folder.
  if (files?.includes(''))
    return command.error("error: -f needs the path of a file or folder, not '' (a variable that is not set?)", USAGE);
  return files;
}

/** The files that a verb cannot do without; ends the call with a usage error where there are none. */
export function requiredFiles(command: Command, files: readonly string[] | undefined): readonly string[] {
  // Not a required option of commander's: it would complain of what is missing before it sees the typing error that caused it.
  return checkedFiles(command, files) ?? command.error("error: say which files with -f, for example '-f examples/quickstart.yaml'", USAGE);
}
