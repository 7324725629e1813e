import { request } from 'undici';
import { startEnvoy } from './envoy-process.ts';

/** A listener on any free port that answers by itself. */
const answering = {
  name: 'answering',
  address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
  filter_chains: [
    {
      filters: [
        {
          name: 'envoy.filters.network.http_connection_manager',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
            stat_prefix: 'answering',
            http_filters: [
              {
                name: 'envoy.filters.http.router',
                typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
              },
            ],
            route_config: {
              virtual_hosts: [
                {
                  name: 'all',
                  domains: ['*'],
                  routes: [{ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'from a real Envoy' } } }],
                },
              ],
            },
          },
        },
      ],
    },
  ],
};

test('a real Envoy answers on the port it took, and is gone after stop', async () => {
  const envoy = await startEnvoy({ bootstrap: { static_resources: { listeners: [answering] } }, flags: ['--concurrency', '1'] });
  const url = await (async () => {
    try {
      await envoy.ready();
      const answer = `http://127.0.0.1:${await envoy.listenerPort('answering')}/`;
      expect(await (await request(answer)).body.text()).toBe('from a real Envoy');
      expect(await envoy.admin('/server_info')).toContain('"state": "LIVE"');
      return answer;
    } finally {
      await envoy.stop();
    }
  })();
  expect(envoy.isRunning()).toBe(false);
  await expect(request(url)).rejects.toThrow('ECONNREFUSED');
}, 60_000);

test('an Envoy that does not start says why', async () => {
  const bootstrap = { static_resources: { listeners: [{ ...answering, no_such_field: 1 }] } };
  await expect(startEnvoy({ bootstrap })).rejects.toThrow(/Envoy ended on its start:[\s\S]*no_such_field/);
}, 60_000);
