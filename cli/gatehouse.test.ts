import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { call } from './testing/call.ts';

describe('usage', () => {
  test('help says what there is, with examples and exit codes, and is no error', async () => {
    const { code, out } = await call(['--help']);
    expect(code).toBe(0);
    for (const verb of ['certgen', 'cleanup', 'completion', 'envoy', 'migrate', 'run', 'operator', 'translate', 'crds', 'version'])
      expect(out).toMatch(new RegExp(`^ {2}${verb} `, 'm'));
    expect(out).toContain('Exit codes: 0 fine, 1 failed, 2 wrong usage');
  });

  test.each(['run', 'operator', 'translate', 'crds', 'certgen', 'cleanup', 'completion', 'version'])(
    '%s --help knows its exit codes or examples, and --log-level',
    async (verb) => {
      const { code, out } = await call([verb, '--help']);
      expect(code).toBe(0);
      expect(out).toContain('--log-level <level>');
      expect(out).toContain(`Usage: gatehouse ${verb} [options]`);
    },
  );

  test('no verb is wrong usage and shows the help', async () => {
    const { code, out, err } = await call([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: gatehouse');
  });

  test.each([
    [['trnslate'], "unknown command 'trnslate'\n(Did you mean translate?)"],
    [['run', '--fil', 'x'], "unknown option '--fil'\n(Did you mean --file?)"],
    [['run'], "say which files with -f, for example '-f examples/quickstart.yaml'"],
    [['run', 'x.yaml'], "unexpected 'x.yaml'. Files are named with -f: '-f x.yaml'"],
    [['translate', '-f', ''], "-f needs the path of a file or folder, not '' (a variable that is not set?)"],
    [['run', '-f', 'x', '--drain-timeout', '600h'], 'at most 596h'],
    [['envoy', 'toString'], "unknown command 'toString'"],
    [['envoy', 'shutdown-manager', '--port', '65536'], '--port: a port is a whole number from 0 to 65535'],
    [['run', '-f', 'x', '--health-port', '99999'], 'A port is a whole number from 0 to 65535; 0 takes any free one.'],
    [['run', '-f', 'x', '--drain-timeout', '5'], 'A duration is a number with its unit: 500ms, 10s, 1m; at most 596h.'],
    [['translate', '-f', 'x', '--to', 'xsd'], 'There is no xsd. Known: status, ir, infra, xds.'],
    [['translate', '-f', 'x', '-o', 'text'], 'Allowed choices are yaml, json.'],
    [['version', '--log-level', 'loud'], 'There is no level loud. Known: debug, info, warn, error.'],
    [['version', '--log-level', 'xsd:debug'], 'There is no component xsd. Known: default, provider,'],
    [['crds', 'more'], 'too many arguments'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, out, err } = await call(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });

  test('levels of components are understood', async () => {
    expect((await call(['version', '--log-level', 'warn,xds-server:debug'])).code).toBe(0);
  });
});

test('version prints the version, also as JSON', async () => {
  expect((await call(['version'])).out).toMatch(/^gatehouse \d+\.\d+\.\d+ \(node \d+/);
  expect(JSON.parse((await call(['version', '-o', 'json'])).out)).toMatchObject({ gatehouse: expect.stringMatching(/^\d/) });
});

test('crds prints one YAML stream of definitions', async () => {
  const { code, out } = await call(['crds']);
  const kinds = parseAllDocuments(out, { version: '1.1' }).map((document) => (document.toJS() as { kind: string }).kind);
  expect(code).toBe(0);
  expect(new Set(kinds)).toEqual(new Set(['CustomResourceDefinition']));
});

test('run says which file does not exist', async () => {
  const { code, err } = await call(['run', '-f', '/no/such.yaml', '--health-port', '0', '--metrics-port', '0', '--admin-port', '0']);
  expect([code, err]).toEqual([1, 'error: /no/such.yaml: there is no such file or folder. Check the path.\n']);
});

test('certgen says which folder cannot be made, and why', async () => {
  expect(await call(['certgen', '--local', '--config-home', '/proc/x'])).toEqual({
    code: 1,
    out: '',
    err: 'error: /proc/x/certs/envoy-gateway: the folder cannot be made: the file system of /proc takes no new folders. Name another one with --config-home.\n',
  });
});

const OBJECTS = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: backend, generation: 3}
spec:
  parentRefs: [{name: eg}]
  rules: [{backendRefs: [{name: backend, port: 3000}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: eg}
spec:
  gatewayClassName: eg
  listeners: [{name: http, protocol: HTTP, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: backend}
spec: {ports: [{port: 3000}]}
`;

interface WithStatus {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly spec: { readonly rules?: readonly unknown[] };
  readonly status: { readonly conditions?: readonly object[]; readonly parents?: readonly { readonly conditions: readonly object[] }[] };
}

describe('translate', () => {
  test('--to status -o json is a bare array of the objects that have a status, defaulted, in input order', async () => {
    const { code, out, err } = await call(['translate', '-f', '-', '--to', 'status', '-o', 'json'], { input: OBJECTS });
    expect([code, err]).toEqual([0, '']);
    const objects = JSON.parse(out) as readonly WithStatus[];
    expect(objects.map(({ kind, metadata }) => `${metadata.namespace ?? ''}/${kind}`)).toEqual([
      'default/HTTPRoute',
      '/GatewayClass',
      'default/Gateway',
    ]);
    const [route, , gateway] = objects;
    expect(route?.spec.rules?.[0]).toMatchObject({ matches: [{ path: { type: 'PathPrefix', value: '/' } }] });
    expect(route?.status.parents?.[0]?.conditions[0]).toMatchObject({ type: 'Accepted', status: 'True', observedGeneration: 3 });
    expect(gateway?.status.conditions?.[1]).toMatchObject({ type: 'Programmed', status: 'True' });
    expect(gateway?.status.conditions?.[1]).not.toHaveProperty('observedGeneration');
    expect(out).not.toContain('lastTransitionTime');
  });

  test('--to status as YAML is a stream of documents', async () => {
    const { out } = await call(['translate', '-f', '-', '--to', 'status'], { input: OBJECTS });
    expect(parseAllDocuments(out).map((document) => (document.toJS() as WithStatus).kind)).toEqual([
      'HTTPRoute',
      'GatewayClass',
      'Gateway',
    ]);
  });

  test('YAML is printed as kubectl reads it: YAML 1.1, in which a bare off is a boolean', async () => {
    const labelled = OBJECTS.replace('metadata: {name: backend, generation: 3}', 'metadata: {name: backend, labels: {a: "off", b: "010"}}');
    const { out } = await call(['translate', '-f', '-', '--to', 'status'], { input: labelled });
    expect(out).toContain('    a: "off"\n    b: "010"\n');
  });

  test('an object of another controller keeps the status it came with, without times', async () => {
    const foreign = `{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: other}, spec: {controllerName: example.com/other}}`;
    const { out } = await call(['translate', '-f', '-', '--to', 'status', '-o', 'json'], { input: foreign });
    const [object] = JSON.parse(out) as readonly WithStatus[];
    expect(object?.status.conditions?.[0]).toMatchObject({ type: 'Accepted', status: 'Unknown', reason: 'Pending' });
    expect(out).not.toContain('lastTransitionTime');
  });

  test('--to xds -o json is by fleet and type URL, sorted by name, everything expanded', async () => {
    const { out } = await call(['translate', '-f', '-', '--to', 'xds', '-o', 'json'], { input: OBJECTS });
    const fleets = JSON.parse(out) as Readonly<Record<string, Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>>>;
    expect(Object.keys(fleets)).toEqual(['default/eg']);
    const fleet = fleets['default/eg'] ?? {};
    const [listener] = fleet['type.googleapis.com/envoy.config.listener.v3.Listener'] ?? [];
    expect(listener).toMatchObject({ name: 'default/eg/http', address: { socketAddress: { portValue: 10080 } } });
    expect(JSON.stringify(listener)).toContain(
      '"@type":"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"',
    );
    expect(fleet['type.googleapis.com/envoy.config.cluster.v3.Cluster']).toHaveLength(1);
  });

  test('--to infra is a stream of manifests, in the order in which they are applied', async () => {
    const { code, out } = await call(['translate', '-f', '-', '--to', 'infra'], { input: OBJECTS });
    const manifests = parseAllDocuments(out).map((document) => document.toJS() as { readonly kind: string; readonly metadata: object });
    expect(code).toBe(0);
    expect(manifests.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'ConfigMap', 'Deployment', 'Service']);
    expect(manifests[0]?.metadata).toMatchObject({ name: 'envoy-default-eg-e41e7b31', namespace: 'envoy-gateway-system' });
  });

  test('proxies that cannot be made are told on standard error; those of a machine have no manifests', async () => {
    const proxy = (spec: string): string =>
      OBJECTS.replace('gatewayClassName: eg', `gatewayClassName: eg\n  infrastructure: ${PARAMETERS}`).concat(
        `---\n{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: EnvoyProxy, metadata: {name: p}, spec: ${spec}}\n`,
      );
    const patch = '{provider: {type: Kubernetes, kubernetes: {envoyService: {patch: {value: {metadata: {$patch: replace}}}}}}}';
    const broken = await call(['translate', '-f', '-', '--to', 'infra'], { input: proxy(patch) });
    expect([broken.code, broken.out]).toEqual([1, '']);
    expect(broken.err).toMatch(/^error: Gateway default\/eg: EnvoyProxy default\/p is not valid: Field .*envoyService\.patch\.value/);
    expect(await call(['translate', '-f', '-', '--to', 'infra'], { input: proxy('{provider: {type: Host}}') })).toMatchObject({
      code: 0,
      out: '',
    });
  });

  test('several views are the fields of one object; all are the default', async () => {
    const { out } = await call(['translate', '-f', '-'], { input: OBJECTS });
    expect(Object.keys(parse(out) as object)).toEqual(['status', 'ir', 'infra', 'xds']);
    const both = await call(['translate', '-f', '-', '--to', 'xds,status', '-o', 'json'], { input: OBJECTS });
    expect(Object.keys(JSON.parse(both.out) as object)).toEqual(['xds', 'status']);
  });

  test('bad input is told on standard error, and the rest is printed', async () => {
    const wrong = OBJECTS.replace('generation: 3', 'generation: many').concat('---\n{apiVersion: v1, kind: Secrt, metadata: {name: s}}\n');
    const { code, out, err } = await call(['translate', '-f', '-', '-f', '/no/such.yaml', '--to', 'status', '-o', 'json'], {
      input: wrong,
    });
    expect(code).toBe(1);
    expect((JSON.parse(out) as readonly WithStatus[]).map(({ kind }) => kind)).toEqual(['GatewayClass', 'Gateway']);
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^error: <stdin>:4: HTTPRoute default\/backend: metadata\.generation: must be a whole number/),
      expect.stringMatching(/^error: <stdin>:26: Secrt s: kind: unknown kind Secrt .*did you mean Secret\?$/),
      'error: /no/such.yaml:1: there is no such file or folder. Check the path.',
    ]);
  });

  test('what cannot be read in a folder is named, and the files after it are read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gh-'));
    await symlink('/nowhere', join(folder, 'a.yaml'));
    execFileSync('mkfifo', [join(folder, 'b.yaml')]);
    await writeFile(
      join(folder, 'c.yaml'),
      'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: x}\nspec: {gatewayClassName: y, listeners: [{name: a, protocol: HTTP, port: 80}]}\n',
    );
    const { code, out, err } = await call(['translate', '-f', folder, '--to', 'status', '-o', 'json']);
    expect({ code, err: err.trim().split('\n') }).toEqual({
      code: 1,
      err: [
        expect.stringMatching(/a\.yaml:1: there is no such file/),
        expect.stringMatching(/b\.yaml:1: cannot be read: it is no regular file\. Check what it is and its permissions\.$/),
      ],
    });
    expect(JSON.parse(out)).toHaveLength(1);
    await rm(folder, { recursive: true });
  });

  test('standard input that is not UTF-8 is refused', async () => {
    const { code, err } = await call(['translate', '-f', '-'], { input: Buffer.from([0x61, 0x3a, 0x20, 0xfc]) });
    expect([code, err]).toEqual([1, expect.stringContaining('<stdin>:1: cannot be read: it is not UTF-8; save it in this encoding.')]);
  });

  test('files and folders are read in the given order; the first of two documents for one object is used', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gh-'));
    const gatewayClass = (name: string) =>
      `{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: ${name}}, spec: {controllerName: a.b/c}}\n`;
    await writeFile(join(folder, 'b.yaml'), gatewayClass('b'));
    await writeFile(join(folder, 'a.yaml'), gatewayClass('a'));
    const { code, out, err } = await call(['translate', '-f', '-', folder, '--to', 'status', '-o', 'json'], {
      input: `${gatewayClass('z')}---\n${gatewayClass('b')}`,
    });
    await rm(folder, { recursive: true });
    expect(code).toBe(1);
    expect((JSON.parse(out) as readonly { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)).toEqual(['z', 'b', 'a']);
    expect(err).toMatch(/b\.yaml:1: GatewayClass b: metadata\.name: is there already at <stdin>:3/);
  });
});

const PARAMETERS = '{parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: p}}';

const KEY = 'LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg==';

test('private keys are not shown unless asked for', async () => {
  const { printViews } = await import('./translation-output.ts');
  const views = new Map([['xds', { secrets: [{ tlsCertificate: { privateKey: { inlineBytes: KEY } } }] }]] as const);
  expect(printViews(views, { format: 'json', showSecrets: false })).not.toContain(KEY);
  expect(printViews(views, { format: 'json', showSecrets: true })).toContain(KEY);
});
