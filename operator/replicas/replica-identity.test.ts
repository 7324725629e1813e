import { authorizeReplica } from './replica-identity.ts';

const judge = (subjectaltname: string | undefined): boolean =>
  authorizeReplica({ address: '10.0.0.1:4000', certificate: { subject: {}, subjectaltname } }).ok;

test('the control plane’s own certificate is let in', () => {
  expect(judge('DNS:envoy-gateway, DNS:envoy-gateway.envoy-gateway-system')).toBe(true);
  expect(judge('DNS:envoy-gateway.envoy-gateway-system.svc, DNS:envoy-gateway')).toBe(true);
});

test.each([
  undefined,
  '',
  'DNS:*.envoy-gateway-system',
  'DNS:envoy-gateway.other',
  'DNS:my-envoy-gateway',
  'URI:envoy-gateway',
  'DNS:"x, DNS:envoy-gateway"',
  'DNS:"x, DNS:envoy-gateway, DNS:y", DNS:z',
  'DNS:"\\"x, DNS:envoy-gateway, DNS:y"',
])('a certificate with the names %s is not', (names) => {
  expect(judge(names)).toBe(false);
});

test('nor is a peer without a certificate, and it is told why', () => {
  expect(authorizeReplica({ address: '10.0.0.1:4000', certificate: undefined })).toEqual({
    ok: false,
    message: 'only replicas of the control plane may report: the client certificate lacks the name envoy-gateway',
  });
});
