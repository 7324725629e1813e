import { parentPort, workerData } from 'node:worker_threads';
import { listenHttp } from './bound-server.ts';
import { BEAT_MS, type Beat, type Given, type Started } from './health-beat.ts';

/** The thread of `startHealthEndpoint`. */
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

await serve(workerData as Given); // boundary: `startHealthEndpoint` passed it
