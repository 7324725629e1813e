import { Readable } from 'node:stream';
import { gatehouse } from '../program.ts';
import type { ExitCode, Session } from '../session.ts';

/** What a call of the command came to. */
export interface Outcome {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  /** Standard input. */
  readonly input?: string | Buffer;
  /** Output goes to terminals. */
  readonly isTTY?: boolean;
  readonly environment?: Session['environment'];
}

/** Calls the command in this process, with nobody who stops it. */
export async function call(args: readonly string[], { input = '', isTTY = false, environment = {} }: Surroundings = {}): Promise<Outcome> {
  const written = { out: '', err: '' };
  const stream = (to: 'out' | 'err') => ({
    isTTY,
    write: (text: string) => {
      written[to] += text;
    },
  });
  const never = new AbortController().signal;
  const code = await gatehouse(args, {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: stream('out'),
    stderr: stream('err'),
    environment,
    stop: never,
    force: never,
  });
  return { code, ...written };
}
