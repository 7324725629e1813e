import { existsSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { type Endpoint, type EndpointAddress, listenHttp, portError } from '../endpoints/bound-server.ts';
import { errorCode } from '../standalone/system-error.ts';
import type { SidecarLog } from './sidecar-log.ts';

/** In a folder that the containers' processes can write: their root file system is read-only. */
export const readyFile = (folder: string): string => path.join(folder, 'shutdown-ready');

export interface ShutdownManagerOptions extends EndpointAddress {
  /** Where `gatehouse envoy shutdown` says that the proxy is drained. */
  readonly folder: string;
  /** The longest that `/shutdown/ready` waits. */
  readonly readyTimeoutMs: number;
  readonly log: SidecarLog;
}

const LOOK_MS = 100;

/**
 * Stands beside a proxy (contract C.4): `/healthz` answers as long as it runs, `/shutdown/ready` answers when the proxy is drained. The kubelet asks the
 * latter before it stops Envoy, so Envoy lives until its connections are gone. Rejects with words for people when the port is taken.
 */
export async function startShutdownManager(options: ShutdownManagerOptions): Promise<Endpoint> {
  const { host, port, log } = options;
  const file = readyFile(options.folder);
  // Of a container that ran before in this pod: its drain says nothing about the proxy's next one.
  rmSync(file, { force: true });
  const waiting = new Set<() => void>();
  const answer = (url: string | undefined, response: ServerResponse): void => {
    if (url === '/healthz') text(response, 200, 'ok');
    else if (url === '/shutdown/ready') waiting.add(answerWhenDrained(response, { file, ...options }, (end) => waiting.delete(end)));
    else text(response, 404, 'not found: there are /healthz and /shutdown/ready');
  };
  const server = await listenHttp({ host, port }, ({ url }, response) => answer(url?.split('?')[0], response)).catch((error: unknown) => {
    throw portError('shutdown manager', { host, port }, { code: errorCode(error) ?? String(error), flag: '--port' });
  });
  log('info', `shutdown manager on port ${server.port}`);
  const close = async (): Promise<void> => {
    for (const end of [...waiting]) end();
    await new Promise(setImmediate); // the answers are on their way before the connections go
    await server.close();
  };
  return { port: server.port, close };
}

interface Wait {
  readonly file: string;
  readonly readyTimeoutMs: number;
  readonly log: SidecarLog;
}

/** Answers once the file is there, or with 503 when the time is up. Gives what answers at once, with what is true by then. */
function answerWhenDrained(response: ServerResponse, { file, readyTimeoutMs, log }: Wait, done: (end: () => void) => void): () => void {
  const until = performance.now() + readyTimeoutMs;
  const finish = (): void => {
    clearInterval(timer);
    done(finish);
    if (response.destroyed) return;
    const drained = existsSync(file);
    log(drained ? 'info' : 'warn', drained ? 'the proxy is drained' : 'the proxy is stopped without having been drained');
    if (drained) text(response, 200, 'drained');
    else text(response, 503, 'not drained: `gatehouse envoy shutdown` has not come to its end');
  };
  const timer = setInterval(() => {
    if (existsSync(file) || performance.now() >= until) finish();
  }, LOOK_MS);
  response.once('close', () => {
    clearInterval(timer);
    done(finish);
  });
  return finish;
}

const text = (response: ServerResponse, code: number, body: string): void => {
  response.writeHead(code, { 'content-type': 'text/plain' }).end(`${body}\n`);
};
