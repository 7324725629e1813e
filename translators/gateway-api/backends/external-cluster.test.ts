import type { ExternalBackend } from './external-backends.ts';
import { externalCluster } from './external-cluster.ts';

const TLS = { sni: 'a.example.net', names: [{ type: 'DNS', value: 'a.example.net' }], trustedCa: 'ca', policy: 'XBackend a/b' } as const;

const spokenBy = (kind: string, protocol: ExternalBackend['protocol'], tls: ExternalBackend['tls']): string => {
  const found = externalCluster({ ok: true, backend: { hostname: 'a.example.net', port: 443, protocol, tls } }, { kind }, 'a/b');
  return found.ok ? found.cluster.protocol : found.reason;
};

test.each<[string, ExternalBackend['protocol'], string, string]>([
  ['HTTPRoute', undefined, 'http1', 'negotiated'],
  ['HTTPRoute', 'HTTP', 'http1', 'negotiated'],
  ['HTTPRoute', 'HTTP11', 'http1', 'http1'],
  ['HTTPRoute', 'H2C', 'http2', 'http2'],
  ['HTTPRoute', 'HTTP2', 'http2', 'http2'],
  ['HTTPRoute', 'GRPC', 'http2', 'http2'],
  ['HTTPRoute', 'MCP', 'http1', 'negotiated'],
  ['HTTPRoute', 'WSS', 'http1', 'http1'],
  ['HTTPRoute', 'TCP', 'UnsupportedProtocol', 'UnsupportedProtocol'],
  ['GRPCRoute', undefined, 'http2', 'http2'],
  ['GRPCRoute', 'HTTP11', 'UnsupportedProtocol', 'UnsupportedProtocol'],
  ['GRPCRoute', 'MCP', 'UnsupportedProtocol', 'UnsupportedProtocol'],
  ['TCPRoute', 'H2C', 'http1', 'negotiated'],
  ['TLSRoute', undefined, 'http1', 'negotiated'],
  ['UDPRoute', undefined, 'UnsupportedProtocol', 'UnsupportedProtocol'],
])('a %s speaks to a backend of protocol %s: %s, over TLS %s', (kind, protocol, plain, secure) => {
  expect([spokenBy(kind, protocol, undefined), spokenBy(kind, protocol, TLS)]).toEqual([plain, secure]);
});

test('clusters of Pods share a load assignment, whatever is spoken to them; that of HTTP/1.1 is called like it', () => {
  const clusters = [undefined, 'H2C' as const].map((protocol) =>
    externalCluster({ ok: true, backend: { hostname: undefined, port: 80, protocol, tls: undefined } }, { kind: 'HTTPRoute' }, 'a/b'),
  );
  expect(clusters).toMatchObject([
    { ok: true, cluster: { name: 'xbackend/a/b/80', loadAssignment: 'xbackend/a/b/80' } },
    { ok: true, cluster: { name: expect.stringMatching(/^xbackend\/a\/b\/80\/[0-9a-f]{8}$/), loadAssignment: 'xbackend/a/b/80' } },
  ]);
});

test('bytes that go on as they came get no TLS; another name is another cluster', () => {
  const choice = (hostname: string) => ({ ok: true as const, backend: { hostname, port: 443, protocol: undefined, tls: TLS } });
  const [first, second] = ['a.example.net', 'b.example.net'].map((name) =>
    externalCluster(choice(name), { kind: 'TLSRoute', asItIs: true }, 'a/b'),
  );
  expect(first).toMatchObject({ ok: true, cluster: { name: expect.stringMatching(/^xbackend\/a\/b\/443\/[0-9a-f]{8}$/) } });
  expect(first).not.toHaveProperty('cluster.tls');
  expect(second).not.toHaveProperty('cluster.name', first?.ok && first.cluster.name);
});
