import { connect } from 'node:http2';
import type { EchoBackend } from './echo-backend.ts';
import { startEchoBackend } from './echo-backend.ts';

let backend: EchoBackend;

beforeAll(async () => {
  backend = await startEchoBackend({ port: 0, identity: { namespace: 'default', pod: 'echo-0' } });
});
afterAll(() => backend.close());

const url = (path: string): string => `http://127.0.0.1:${backend.port}${path}`;

test('answers with path, host, method, proto, headers as lists and its identity', async () => {
  const response = await fetch(url('/get?a=1'), { method: 'POST', headers: { 'x-request-id': 'abc' }, body: 'x' });
  const seen = (await response.json()) as Record<string, unknown>;
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(seen).toMatchObject({
    path: '/get?a=1',
    host: `127.0.0.1:${backend.port}`,
    method: 'POST',
    proto: 'HTTP/1.1',
    namespace: 'default',
    ingress: '',
    service: '',
    pod: 'echo-0',
  });
  expect((seen['headers'] as Record<string, unknown>)['X-Request-Id']).toEqual(['abc']);
  expect(seen['headers']).not.toHaveProperty('Host');
});

test('sets the headers it is asked to set', async () => {
  const response = await fetch(url('/'), { headers: { 'x-echo-set-header': 'x-a:1, x-b: 2, x-a:3' } });
  await response.text();
  expect([response.headers.get('x-a'), response.headers.get('x-b')]).toEqual(['1,3', '2']);
});

test('answers the status it is asked for, and refuses a delay that is none', async () => {
  expect((await fetch(url('/status/503'))).status).toBe(503);
  const refused = await fetch(url('/?delay=soon'));
  expect(refused.status).toBe(500);
  expect(await refused.json()).toEqual({ message: expect.stringContaining('delay') });
});

test('speaks HTTP/2 without TLS on the same port', async () => {
  const client = connect(`http://127.0.0.1:${backend.port}`);
  const stream = client.request({ ':path': '/h2', ':authority': 'www.example.com' });
  let body = '';
  for await (const chunk of stream.setEncoding('utf8')) body += String(chunk);
  client.close();
  expect(JSON.parse(body)).toMatchObject({ path: '/h2', host: 'www.example.com', proto: 'HTTP/2.0' });
});

test('a port that is taken is an error', async () => {
  await expect(startEchoBackend({ port: backend.port })).rejects.toThrow('EADDRINUSE');
});
