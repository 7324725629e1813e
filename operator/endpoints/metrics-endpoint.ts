import type { Registry } from 'prom-client';
import type { Endpoint, EndpointAddress } from './bound-server.ts';
import { listenHttp, portError } from './bound-server.ts';

/** Serves `/metrics` in the text format of Prometheus. Rejects with words for people when the port is taken. */
export async function startMetricsEndpoint(address: EndpointAddress, registry: Registry, flag = '--metrics-port'): Promise<Endpoint> {
  try {
    return await listenHttp(address, (request, response) => {
      if (request.url?.split('?')[0] !== '/metrics') {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('not found: there is /metrics\n');
        return;
      }
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (error: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end(`${String(error)}\n`),
      );
    });
  } catch (error) {
    throw portError('metrics endpoint', address, { code: (error as NodeJS.ErrnoException).code ?? String(error), flag }); // a failed `listen` has a code
  }
}
