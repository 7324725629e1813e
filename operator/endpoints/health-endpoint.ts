import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Endpoint, EndpointAddress } from './bound-server.ts';
import { listenHttp, portError } from './bound-server.ts';

/** How often the main thread says that it is alive, and how many silent beats make it count as stuck: ten seconds, many times the longest step of a settle. */
const BEAT_MS = 1000;
const STUCK_BEATS = 10;
const MARK = 'gatehouse-health';

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

interface Given extends EndpointAddress {
  readonly stuckBeats: number;
}

/** To the worker. */
interface Beat {
  readonly notReadyBecause: string | undefined;
}

/** From the worker. */
type Started = { readonly port: number } | { readonly code: string };

/**
 * Serves health checks from a thread of its own, which answers while the main thread is busy, and says so when that is for too long: `/healthz` fails while
 * the main thread has been silent for ten seconds, and holds again as soon as it speaks. Rejects with words for people when the port is taken.
 */
export function startHealthEndpoint(address: EndpointAddress, options: HealthOptions = {}): Promise<HealthEndpoint> {
  const { flag = '--health-port', stuckBeats = STUCK_BEATS } = options;
  const given: Given = { ...address, stuckBeats };
  const worker = new Worker(new URL(import.meta.url), { workerData: { mark: MARK, given } });
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

async function serve({ stuckBeats, ...address }: Given): Promise<void> {
  let last: Beat = { notReadyBecause: 'starting' };
  let silentBeats = 0;
  parentPort?.on('message', (beat: Beat) => {
    last = beat;
    silentBeats = 0;
  });
  // Counted, not measured: when the whole process was frozen, or the clock was set, that is not the main thread's silence.
  setInterval(() => {
    silentBeats += 1;
  }, BEAT_MS);
  const problem = (path: string | undefined): string | undefined => {
    if (path === '/healthz')
      return silentBeats > stuckBeats ? `the main thread has not answered for ${(silentBeats * BEAT_MS) / 1000} s` : undefined;
    return path === '/readyz' ? last.notReadyBecause : 'not found: there are /healthz and /readyz';
  };
  try {
    const { port } = await listenHttp(address, (request, response) => {
      const path = request.url?.split('?')[0];
      const wrong = problem(path);
      const known = path === '/healthz' || path === '/readyz';
      response.writeHead(wrong === undefined ? 200 : known ? 503 : 404, { 'content-type': 'text/plain' }).end(`${wrong ?? 'ok'}\n`);
    });
    parentPort?.postMessage({ port } satisfies Started);
  } catch (error) {
    // A failed `listen` has a code.
    parentPort?.postMessage({ code: (error as NodeJS.ErrnoException).code ?? String(error) } satisfies Started);
  }
}

// This file is also the worker: what is set by `startHealthEndpoint` tells so.
const data = workerData as { readonly mark?: unknown; readonly given?: Given } | undefined;
if (!isMainThread && data?.mark === MARK && data.given !== undefined) await serve(data.given);
