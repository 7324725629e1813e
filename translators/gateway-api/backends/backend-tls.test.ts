import { expandEntry } from '../../envoy/expand.ts';
import { join } from '../../envoy/framing.ts';
import { backendTlsPolicy, gateway, gatewayClass, httpRoute, listener, rule, service } from '../../testing/objects.ts';
import { createPipelines } from '../../testing/pipelines.ts';
import { SETTINGS } from '../../testing/settings.ts';

test.each([
  [{}, '/etc/ssl/certs/ca-certificates.crt'],
  [{ systemCaFile: '/etc/ssl/cert.pem' }, '/etc/ssl/cert.pem'],
])('the CAs of the system are a file of the machine that the proxies run on: %j', (more, file) => {
  const pipelines = createPipelines({ ...SETTINGS, ...more });
  for (const object of [
    gatewayClass('gatehouse'),
    gateway('infra/gw', [listener()]),
    service('infra/s'),
    httpRoute('infra/r', { rules: [rule({ backends: [['infra/s', 8080]] })] }),
    backendTlsPolicy('infra/p', { validation: { wellKnownCACertificates: 'System' } }),
  ]) {
    pipelines.put(object);
  }
  pipelines.settle();
  const [secret] = [...pipelines.main.resources.secrets.entries()].map(([, { resource }]) => resource);
  expect(secret?.name).toBe('system_ca_certificates');
  expect(JSON.stringify(secret && expandEntry(join(secret.entry)))).toContain(file);
});
