import { whyNoExternalHostname } from './external-hostname.ts';

const why = (hostname: string): string | undefined => whyNoExternalHostname(hostname, 'corp.internal');

test.each(['api.example.com', 'a.b', 'svc.example.com', 'cluster.local.example.com', 'notcorp.internal', '1.example.com'])(
  '%s may be led to',
  (hostname) => expect(why(hostname)).toBeUndefined(),
);

test.each([
  ['10.0.0.1', 'address'],
  ['0x7f.1', 'address'],
  ['127.0.0.0x1', 'address'],
  ['2130706433', 'address'],
  ['localhost', 'the proxy itself'],
  ['a.localhost', 'the proxy itself'],
  ['localhost.localdomain', 'the proxy itself'],
  ['metadata', 'this network'],
  ['metadata.google.internal', 'secrets of the machine'],
  ['cluster.local', 'this cluster'],
  ['pay.shop.svc.cluster.local', 'this cluster'],
  ['pay.shop.svc.corp.internal', 'this cluster'],
])('%s may not: it is %s', (hostname, reason) => expect(why(hostname)).toContain(reason));
