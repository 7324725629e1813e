import type { Readable } from 'node:stream';
import type { DisplayStream } from '../operator/standalone/display.ts';

/** What a call of the command has to do with: its streams, its environment, and how it is told to end. */
export interface Session {
  readonly stdin: Readable;
  readonly stdout: DisplayStream;
  readonly stderr: DisplayStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first Ctrl-C or SIGTERM: end in order. Who never asks for it is ended at once. */
  readonly stop: AbortSignal;
  /** Aborted by the second: end at once. */
  readonly force: AbortSignal;
}

/** As the verbs end; `gatehouse --help` says so too. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a verb does once its arguments are understood. An Error it rejects with is told to the user and ends with `EXIT.failed`. */
export type Perform = (work: (session: Session) => Promise<ExitCode>) => void;
