import { request } from 'node:https';
import { type Backends, backendsYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { routeToYaml } from '../harness/route-yaml.ts';
import { type CertificatePair, selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';
import { caConfigMapYaml, makeTestAuthority, type TestAuthority, trustBundleYaml } from '../harness/test-authority.ts';

const HOST = 'shop.example.com';
const PORTS = { strict: 443, own: 8443, lax: 9443, open: 10443, broken: 7443 } as const;

const LISTENERS = Object.entries(PORTS).map(
  ([name, port]) => `{ name: ${name}, port: ${port}, protocol: HTTPS, tls: { certificateRefs: [{ name: server }] } }`,
);
const refs = (name: string): string => `caCertificateRefs: [{ group: "", kind: ConfigMap, name: ${name} }]`;
const FRONTEND = `  tls:
    frontend:
      default: { validation: { ${refs('ca')} } }
      perPort:
        - { port: 8443, tls: { validation: { ${refs('own-ca')} } } }
        - { port: 9443, tls: { validation: { ${refs('ca')}, mode: AllowInsecureFallback } } }
        - { port: 10443, tls: {} }
        - { port: 7443, tls: { validation: { ${refs('gone')} } } }
`;
const GATEWAY = gatewayYaml(...LISTENERS).replace('  listeners:', `${FRONTEND}  listeners:`);
const ROUTE = routeToYaml('a');

let authority: TestAuthority;
let ownAuthority: TestAuthority;
let client: CertificatePair;
let ownClient: CertificatePair;
let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  [authority, ownAuthority] = await Promise.all([makeTestAuthority(), makeTestAuthority()]);
  [client, ownClient] = await Promise.all([authority.issue('client'), ownAuthority.issue('own-client')]);
  backends = await startBackends('a');
  const cas = caConfigMapYaml('ca', authority.certificate) + caConfigMapYaml('own-ca', ownAuthority.certificate);
  fleet = await startFleet({
    objects: GATEWAY + ROUTE + cas + tlsSecretYaml('server', selfSigned(HOST)) + backendsYaml(backends, 'a'),
    ports: Object.values(PORTS),
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await backends.stopAll();
});

/** The status, or that the connection was refused. */
function asked(listener: keyof typeof PORTS, pair?: CertificatePair): Promise<number | 'refused'> {
  const { promise, resolve } = Promise.withResolvers<number | 'refused'>();
  const identity = pair === undefined ? {} : { cert: pair.certificate, key: pair.key };
  const options = {
    host: '127.0.0.1',
    port: fleet.port(PORTS[listener]),
    servername: HOST,
    rejectUnauthorized: false,
    agent: false,
    ...identity,
  };
  request({ ...options, headers: { host: HOST } }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  })
    .on('error', () => resolve('refused'))
    .end();
  return promise;
}

test('nobody comes in without a certificate that the CA of the Gateway vouches for', async () => {
  expect(await asked('strict', client)).toBe(200);
  expect(await asked('strict', ownClient)).toBe('refused');
  expect(await asked('strict', selfSigned('client'))).toBe('refused');
  expect(await asked('strict')).toBe('refused');
});

test('a port has a CA of its own, which takes the place of the default one', async () => {
  expect(await asked('own', ownClient)).toBe(200);
  expect(await asked('own', client)).toBe('refused');
});

test('AllowInsecureFallback lets in whoever comes; a port without validation asks nobody', async () => {
  expect(await Promise.all([asked('lax', client), asked('lax', ownClient), asked('lax')])).toEqual([200, 200, 200]);
  expect(await asked('open')).toBe(200);
});

test('where the CA is not there nobody comes in, and the day it is there those that it vouches for do', async () => {
  expect(await Promise.all([asked('broken'), asked('broken', client)])).toEqual(['refused', 'refused']);
  await fleet.apply(caConfigMapYaml('gone', authority.certificate));
  expect(await Promise.all([asked('broken'), asked('broken', client)])).toEqual(['refused', 200]);
  await fleet.remove('ConfigMap', 'default/gone');
  expect(await asked('broken', client)).toBe('refused');
});

test('a ClusterTrustBundle vouches for clients as long as it is there', async () => {
  const bundle = 'caCertificateRefs: [{ group: certificates.k8s.io, kind: ClusterTrustBundle, name: everybody }]';
  await fleet.apply(GATEWAY.replace(refs('own-ca'), bundle) + trustBundleYaml('everybody', authority.certificate));
  expect(await Promise.all([asked('own', client), asked('own', ownClient), asked('own')])).toEqual([200, 'refused', 'refused']);
  await fleet.apply(trustBundleYaml('everybody', ownAuthority.certificate));
  expect(await Promise.all([asked('own', client), asked('own', ownClient)])).toEqual(['refused', 200]);
  await fleet.remove('ClusterTrustBundle', 'everybody');
  expect(await asked('own', ownClient)).toBe('refused');
  await fleet.apply(GATEWAY);
  expect(await asked('own', ownClient)).toBe(200);
});

test('a renewed CA counts at once, and no listener changes for it', async () => {
  const modified = await fleet.stat('listener_manager.listener_modified');
  await fleet.apply(caConfigMapYaml('ca', ownAuthority.certificate));
  expect(await Promise.all([asked('strict', client), asked('strict', ownClient)])).toEqual(['refused', 200]);
  await fleet.apply(caConfigMapYaml('ca', ownAuthority.certificate, authority.certificate));
  expect(await Promise.all([asked('strict', client), asked('strict', ownClient)])).toEqual([200, 200]);
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(modified);
});
