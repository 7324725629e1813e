import type { IncomingMessage } from 'node:http';
import type { Endpoint, EndpointAddress } from './bound-server.ts';
import { listenHttp, portError } from './bound-server.ts';
import { cpuProfile, profileSeconds } from './cpu-profile.ts';
import { redacted } from './redacted.ts';

/** What the admin interface shows. Called for each request; plain data. */
export interface AdminSources {
  /** Version and start of the process, and the like. */
  readonly info: () => object;
  /** Objects by kind. */
  readonly resources: () => Readonly<Record<string, readonly unknown[]>>;
  /** Whether CPU profiles may be taken. Default: no. */
  readonly profiling?: () => boolean;
}

/** Only names that lead to this machine: a web page must not reach us under a name of its own (DNS rebinding). */
const LOCAL_HOST = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function dump(sources: AdminSources, wanted: string): Answer {
  const all = sources.resources();
  if (wanted === 'all') return { status: 200, body: redacted(all) };
  const kind = Object.keys(all).find((name) => name.toLowerCase() === wanted.toLowerCase());
  if (kind !== undefined) return { status: 200, body: redacted({ [kind]: all[kind] }) };
  const known = ['all', ...Object.keys(all)].join(', ');
  return { status: 404, body: { error: `resource=${wanted}: there are none. Known: ${known}.` } };
}

async function profile(sources: AdminSources, seconds: string | null): Promise<Answer> {
  if (sources.profiling?.() !== true)
    return { status: 403, body: { error: 'profiles are off: set admin.enablePprof in the configuration' } };
  const duration = profileSeconds(seconds);
  if (duration === undefined) return { status: 400, body: { error: `seconds=${seconds}: say a number from above 0 up to 300` } };
  const made = await cpuProfile(duration);
  return made === undefined ? { status: 409, body: { error: 'another profile is being taken' } } : { status: 200, body: made };
}

async function answer(request: IncomingMessage, sources: AdminSources): Promise<Answer> {
  if (!LOCAL_HOST.test(request.headers.host ?? '')) return { status: 403, body: { error: 'ask under the name localhost' } };
  if (request.method !== 'GET') return { status: 405, body: { error: 'read only: use GET' } };
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/api/info') return { status: 200, body: sources.info() };
  if (url.pathname === '/api/config_dump') return dump(sources, url.searchParams.get('resource') ?? 'all');
  if (url.pathname === '/debug/pprof/profile') return await profile(sources, url.searchParams.get('seconds'));
  return {
    status: 404,
    body: { error: 'not found: there are /api/info, /api/config_dump[?resource=all|<kind>] and /debug/pprof/profile[?seconds=30]' },
  };
}

/** The read-only admin interface (contract C.13): what the control plane knows, without secrets. Rejects with words for people when the port is taken. */
export async function startAdminEndpoint(address: EndpointAddress, sources: AdminSources, flag = '--admin-port'): Promise<Endpoint> {
  try {
    return await listenHttp(address, (request, response) => {
      void answer(request, sources).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body, null, 2)}\n`);
      });
    });
  } catch (error) {
    throw portError('admin endpoint', address, { code: (error as NodeJS.ErrnoException).code ?? String(error), flag }); // a failed `listen` has a code
  }
}
