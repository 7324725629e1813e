import { Command, CommanderError } from 'commander';
import { errorText } from '../operator/standalone/system-error.ts';
import { addEnvoy } from './add-envoy.ts';
import { addCertgen } from './certgen.ts';
import { addCleanup } from './cleanup.ts';
import { addCompletion } from './completion.ts';
import { addCrds } from './crds.ts';
import { addMigrate } from './migrate.ts';
import { addOperator } from './operator.ts';
import { addRun } from './run.ts';
import { EXIT, type ExitCode, type Session } from './session.ts';
import { addTranslate } from './translate.ts';
import { addVersion, gatehouseVersion } from './version.ts';

const HELP = `
Exit codes: 0 fine, 1 failed, 2 wrong usage

Start here:
  gatehouse run -f examples/quickstart.yaml --sample-backend 3000
  curl --header "Host: www.example.com" http://localhost:8888/get`;

type Work = (session: Session) => Promise<ExitCode>;

function programFor(session: Session, chosen: (work: Work) => void): Command {
  const program = new Command('gatehouse')
    .description('A Gateway API control plane for Envoy.')
    .version(gatehouseVersion(), '-V, --version', 'print the version')
    .showSuggestionAfterError(true)
    .showHelpAfterError('Add --help for what can be said here.')
    .configureOutput({
      writeOut: (text) => void session.stdout.write(text),
      writeErr: (text) => void session.stderr.write(text),
    })
    .addHelpText('after', HELP)
    .exitOverride();
  const verbs = [addRun, addOperator, addTranslate, addMigrate, addCrds, addCertgen, addCleanup, addEnvoy, addCompletion, addVersion];
  for (const add of verbs) add(program, chosen);
  return program;
}

/** What commander has shown already: help that was asked for is fine, everything else is wrong usage. */
const exitOf = ({ exitCode }: CommanderError): ExitCode => (exitCode === 0 ? EXIT.fine : EXIT.usage);

/** Runs one call of the command. `args` are those after the program's name. Never rejects. */
export async function gatehouse(args: readonly string[], session: Session): Promise<ExitCode> {
  let work: Work | undefined;
  try {
    programFor(session, (chosen) => {
      work = chosen;
    }).parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return exitOf(error);
    throw error;
  }
  if (work === undefined) return EXIT.usage;
  try {
    return await work(session);
  } catch (error) {
    session.stderr.write(`error: ${errorText(error)}\n`);
    return EXIT.failed;
  }
}
