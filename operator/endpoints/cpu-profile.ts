import { setTimeout as sleep } from 'node:timers/promises';

const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 300;

let isRunning = false;

/** How long a profile takes, in seconds, from a query parameter; undefined: it is none. */
export function profileSeconds(text: string | null): number | undefined {
  const seconds = text === null ? DEFAULT_SECONDS : Number(text);
  return Number.isFinite(seconds) && seconds > 0 && seconds <= MAX_SECONDS ? seconds : undefined;
}

/** What this process spends its time on, in the format of Chrome's developer tools (`.cpuprofile`). Undefined: another one is being made. */
export async function cpuProfile(seconds: number): Promise<object | undefined> {
  if (isRunning) return undefined;
  isRunning = true;
  // Nobody who does not ask for one pays for it.
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  try {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await sleep(seconds * 1000);
    return (await session.post('Profiler.stop')).profile;
  } finally {
    session.disconnect();
    isRunning = false;
  }
}
