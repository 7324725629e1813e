import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Flow, TrafficOptions, TrafficReport } from '../../harness/traffic.ts';
import type { KindCluster } from './kind-cluster.ts';

const PROGRAM = join(import.meta.dirname, 'traffic-program.ts');

/** What a traffic of several kinds of faults would break: three minutes of work beside it. */
const LONGEST_MS = 180_000;

/** `during`, by a process that is where the cluster's addresses lead somewhere. It ends with `work`, and with this process. */
export async function duringInside(
  { docker, address }: KindCluster,
  options: Omit<TrafficOptions, 'address'>,
  work: (flow: Flow) => Promise<unknown>,
): Promise<TrafficReport> {
  const [command = '', ...args] = [...docker.enter, process.execPath, '--disable-warning=ExperimentalWarning', PROGRAM];
  const child = spawn(command, [...args, JSON.stringify({ longest: LONGEST_MS, ...options, address })], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const seen = { answered: 0, last: '', errors: '' };
  child.stderr.on('data', (chunk: Buffer) => {
    seen.errors += chunk.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    seen.last = line;
    if (/^\d+$/.test(line)) seen.answered = Number(line);
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const flow: Flow = {
    answered: () => seen.answered,
    more: async (answers) => {
      const goal = seen.answered + answers;
      while (seen.answered < goal) {
        if (child.exitCode !== null) throw new Error(`the traffic ended too early: ${seen.last}\n${seen.errors}`);
        await sleep(20);
      }
    },
  };
  try {
    await flow.more(1);
    await work(flow);
  } finally {
    child.stdin.end();
    await ended;
  }
  return parseReport(seen.last, seen.errors);
}

function parseReport(line: string, errors: string): TrafficReport {
  if (!line.startsWith('{')) throw new Error(`the traffic gave no report:\n${errors}`);
  // The program's own last words.
  const report = JSON.parse(line) as Omit<TrafficReport, 'pods'> & { readonly pods: readonly [string, number][] };
  return { ...report, pods: new Map(report.pods) };
}
