import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Endpoint, EndpointAddress } from './bound-server.ts';
import { listenHttp, portError } from './bound-server.ts';

/** How often the main thread says that it is alive, and after how long a silence it is taken for stuck. Milliseconds. */
const BEAT_MS = 1000;
const STUCK_MS = 60_000;
const MARK = 'gatehouse-health';

/** `/healthz` and `/readyz`. */
export interface HealthEndpoint extends Endpoint {
  /** `undefined`: ready. Else why not yet, which `/readyz` answers with 503. */
  setReadiness(notReadyBecause: string | undefined): void;
}

/** To the worker. */
interface Beat {
  readonly notReadyBecause: string | undefined;
}

/** From the worker. */
type Started = { readonly port: number } | { readonly code: string };

/**
 * Serves health checks from a thread of its own, so that a long settle of the main thread is no reason to restart the process: `/healthz` fails only
 * when the main thread has been silent for a minute. Rejects with words for people when the port is taken.
 */
export function startHealthEndpoint(address: EndpointAddress, flag = '--health-port'): Promise<HealthEndpoint> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { mark: MARK, address } });
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

async function serve(address: EndpointAddress): Promise<void> {
  let last: Beat = { notReadyBecause: 'starting' };
  let heardAt = Date.now();
  parentPort?.on('message', (beat: Beat) => {
    last = beat;
    heardAt = Date.now();
  });
  const problem = (path: string | undefined): string | undefined => {
    if (path === '/healthz') return Date.now() - heardAt > STUCK_MS ? 'the main thread does not answer' : undefined;
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
const given = workerData as { readonly mark?: unknown; readonly address?: EndpointAddress } | undefined;
if (!isMainThread && given?.mark === MARK && given.address !== undefined) await serve(given.address);
