import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Endpoint, type EndpointAddress, portError } from './bound-server.ts';
import { BEAT_MS, type Beat, type Given, type Started } from './health-beat.ts';

/** Ten seconds, many times the longest step of a settle: so long a silent main thread counts as stuck. */
const STUCK_BEATS = 10;
/** Has the ending of this file: that of the sources, or that of what is made of them. */
const WORKER = new URL(`./health-worker${extname(import.meta.url)}`, import.meta.url);

/** `/healthz` and `/readyz`. */
export interface HealthEndpoint extends Endpoint {
  /** `undefined`: ready. Else why not yet, which `/readyz` answers with 503. */
  setReadiness(notReadyBecause: string | undefined): void;
}

export interface HealthOptions {
  /** How another port is chosen; for messages. */
  readonly flag?: string;
  readonly stuckBeats?: number;
}

/**
 * Serves health checks from a thread of its own, which answers while the main thread is busy, and says so when that is for too long: `/healthz` fails while
 * the main thread has been silent for ten seconds, and holds again as soon as it speaks. Rejects with words for people when the port is taken.
 */
export function startHealthEndpoint(address: EndpointAddress, options: HealthOptions = {}): Promise<HealthEndpoint> {
  const { flag = '--health-port', stuckBeats = STUCK_BEATS } = options;
  const given: Given = { ...address, stuckBeats };
  const worker = new Worker(WORKER, { workerData: given });
  worker.unref();
  let notReadyBecause: string | undefined = 'starting';
  const beat = (): void => worker.postMessage({ notReadyBecause } satisfies Beat);
  const timer = setInterval(beat, BEAT_MS).unref();
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await worker.terminate();
  };
  const setReadiness = (reason: string | undefined): void => {
    notReadyBecause = reason;
    beat();
  };
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (started: Started) => {
      if ('port' in started) return resolve({ port: started.port, setReadiness, close });
      void close();
      reject(portError('health endpoint', address, { code: started.code, flag }));
    });
  });
}
