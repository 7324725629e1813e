/** How a step that may take long (a download, a build) is told to a person. */
export interface StepReport {
  /** What begins now, or what became of it: one line, always shown. */
  readonly line: (text: string) => void;
  /** How far it is; may come many times a second and is thinned out. */
  readonly progress: (text: string) => void;
}

/** The part of a writable stream that a report needs; `process.stderr` is one. */
export interface ReportStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const pipeInterval = 10_000;
const terminalInterval = 100;
const eraseLine = '\r\u001b[K';

/** On a terminal progress rewrites the last line; in a pipe it is a plain line about every ten seconds. `now` is in milliseconds. */
export function stepReport(stream: ReportStream, now: () => number = Date.now): StepReport {
  const interval = stream.isTTY ? terminalInterval : pipeInterval;
  let shownAt = now();
  let erasable = false;
  return {
    line: (text) => {
      stream.write(`${erasable ? eraseLine : ''}${text}\n`);
      erasable = false;
      shownAt = now();
    },
    progress: (text) => {
      if (now() - shownAt < interval) return;
      shownAt = now();
      stream.write(stream.isTTY ? `${eraseLine}${text}` : `${text}\n`);
      erasable = stream.isTTY === true;
    },
  };
}
