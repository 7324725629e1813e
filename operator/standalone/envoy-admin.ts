// Not imported, as in endpoints/bound-server.ts: that would load more than it needs.
const { request } = process.getBuiltinModule('node:http');

/** An answer that takes longer is none. */
const ANSWER_MS = 2000;
/** Requests that are being served, and connections of clients: what a drain waits for. */
const ACTIVE = '^http\\..*\\.downstream_rq_active$|^server\\.total_connections$';

/** Envoy's admin interface on its Unix socket. Each method rejects where Envoy does not answer. */
export interface EnvoyAdmin {
  /** `LIVE`: it has its first configuration and serves; see `/ready` of Envoy's admin interface. */
  state(): Promise<string>;
  /** From now on health checks fail and connections are closed as soon as nothing needs them. */
  drain(): Promise<void>;
  /** Requests being served; where Envoy does not count these, open connections. */
  active(): Promise<number>;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/** Where an Envoy's admin interface listens. */
export type AdminAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** One question on a connection of its own. Rejects with the system's error, or when no answer comes. */
export function askAdmin(at: AdminAddress, method: string, path: string): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...at, method, path, timeout: ANSWER_MS, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer to ${path} within ${ANSWER_MS} ms`)));
    asked.on('error', reject);
    asked.end();
  });
}

/** `name: 3` lines -> the sum of the requests, or the connections where no requests are counted. */
export function activeOf(stats: string): number {
  const values = stats.split('\n').flatMap((line) => {
    const [, name, value] = /^(\S+): (\d+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value: Number(value) }];
  });
  // The question for the statistics is a request too, to the admin interface.
  const requests = values.filter(({ name }) => name.endsWith('.downstream_rq_active') && !name.startsWith('http.admin.'));
  const counted = requests.length > 0 ? requests : values.filter(({ name }) => name === 'server.total_connections');
  return counted.reduce((sum, { value }) => sum + value, 0);
}

export function envoyAdmin(socketPath: string): EnvoyAdmin {
  return {
    state: async () => (await askAdmin({ socketPath }, 'GET', '/ready')).body.trim(),
    drain: async () => {
      await askAdmin({ socketPath }, 'POST', '/healthcheck/fail');
      await askAdmin({ socketPath }, 'POST', '/drain_listeners?graceful&skip_exit');
    },
    active: async () => activeOf((await askAdmin({ socketPath }, 'GET', `/stats?filter=${encodeURIComponent(ACTIVE)}`)).body),
  };
}
