import pc from 'picocolors';
import type { ServedRoute } from '../served-routes.ts';
import type { Display } from './display.ts';
import { displayOn, plainLine, wantsColor } from './display.ts';
import { changeLine, errorLines, exampleRequest, servedLines } from './run-report.ts';
import { conditionsByPlace, statusLines } from './status-lines.ts';

const terminal: Display = { terminal: true, colors: pc.createColors(false), print: () => undefined };
const colorful: Display = { ...terminal, colors: pc.createColors(true) };
const pipe: Display = { ...terminal, terminal: false };

const row: ServedRoute = {
  fleet: 'default/eg',
  port: 80,
  bindPort: 10080,
  protocol: 'HTTP',
  hostname: 'www.example.com',
  route: 'default/backend',
  match: '/*',
  backends: 'default/backend:3000',
};

test('what is served is a table on a terminal', () => {
  expect(servedLines([row], terminal)).toEqual([
    'GATEWAY     PORT            PROTOCOL  HOST             MATCH  ROUTE            BACKENDS',
    'default/eg  10080 (for 80)  HTTP      www.example.com  /*     default/backend  default/backend:3000',
  ]);
});

test('and a line a row, without tabs or colour, in a pipe', () => {
  expect(servedLines([{ ...row, port: 8888, bindPort: 8888 }], pipe)).toEqual([
    'served gateway=default/eg port=8888 protocol=HTTP host=www.example.com match=/* route=default/backend backends=default/backend:3000',
  ]);
  expect(
    servedLines(
      Array.from({ length: 50 }, () => row),
      pipe,
    ).at(-1),
  ).toBe('... and 10 more');
  expect(servedLines([], pipe)).toEqual([]);
});

test('an example that can be pasted', () => {
  expect(exampleRequest([row])).toBe('curl --header "Host: www.example.com" http://localhost:10080/');
  expect(exampleRequest([{ ...row, hostname: '*', match: 'GET =/a x: 1' }])).toBe('curl http://localhost:10080/a');
  expect(exampleRequest([{ ...row, protocol: 'HTTPS', bindPort: 8443, port: 8443 }])).toBe(
    'curl --insecure --connect-to ::localhost:8443 https://www.example.com:8443/',
  );
  expect(exampleRequest([])).toBeUndefined();
});

test('an example for what carries bytes, where there is nothing that is easier to ask', () => {
  const bytes = { ...row, match: '*', hostname: '*', port: 9000, bindPort: 9000 };
  const tcp = { ...bytes, protocol: 'TCP' };
  expect(exampleRequest([tcp])).toBe('nc localhost 9000');
  expect(exampleRequest([{ ...bytes, protocol: 'UDP' }])).toBe('nc -u localhost 9000');
  expect(exampleRequest([tcp, { ...bytes, protocol: 'TLS', hostname: '*.example.com' }])).toBe(
    'openssl s_client -connect localhost:9000 -servername any.example.com',
  );
  expect(exampleRequest([tcp, row])).toMatch(/^curl/);
});

const condition = (type: string, status: string, message = '') => ({ type, status, reason: `${type}Reason`, message });
const gateway = {
  kind: 'Gateway',
  key: 'default/eg',
  status: {
    conditions: [condition('Accepted', 'True'), condition('Programmed', 'False', 'Port 80 is taken.')],
    listeners: [{ name: 'http', attachedRoutes: 1, conditions: [condition('Conflicted', 'False')] }],
  },
};
const route = {
  kind: 'HTTPRoute',
  key: 'default/backend',
  status: { parents: [{ parentRef: { name: 'eg', sectionName: 'http' }, conditions: [condition('Accepted', 'True')] }] },
};

test('statuses on a terminal: good news in a word, bad news with reason and message', () => {
  expect(statusLines([gateway, route], terminal)).toEqual([
    'Gateway default/eg  Accepted=True  Programmed=False (ProgrammedReason)',
    '    Programmed: Port 80 is taken.',
    '  listener http (1 route)  Conflicted=False',
    'HTTPRoute default/backend',
    '  parent default/eg/http  Accepted=True',
  ]);
  const [first] = statusLines([gateway], colorful);
  expect(first).toContain(pc.createColors(true).green('Accepted=True'));
  expect(first).toContain(pc.createColors(true).red('Programmed=False (ProgrammedReason)'));
});

test('statuses in a pipe: one line a condition', () => {
  expect(statusLines([gateway, route], pipe)).toEqual([
    'status Gateway default/eg Accepted=True reason=AcceptedReason',
    'status Gateway default/eg Programmed=False reason=ProgrammedReason message="Port 80 is taken."',
    'status Gateway default/eg listener=http Conflicted=False reason=ConflictedReason',
    'status HTTPRoute default/backend parent=default/eg/http Accepted=True reason=AcceptedReason',
  ]);
});

test('a condition is told apart by its place', () => {
  expect([...conditionsByPlace(gateway).keys()]).toEqual([' Accepted', ' Programmed', 'listener http Conflicted']);
});

test('an edit is one line', () => {
  const object = (name: string) => ({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'a', name } });
  const change = { puts: ['one', 'two'].map(object), removes: [{ kind: 'Service', key: 'a/three' }] };
  expect(changeLine(change, (id) => id === 'Service a/two')).toBe('added Service a/one; changed Service a/two; removed Service a/three');
  expect(changeLine({ puts: ['1', '2', '3', '4', '5'].map(object), removes: [] }, () => true)).toBe(
    'changed Service a/1, Service a/2, Service a/3 and 2 more',
  );
  expect(changeLine({ puts: [], removes: [] }, () => true)).toBeUndefined();
});

test('errors name file, line, object, field and cure', () => {
  const problem = { file: '/x/a.yaml', line: 3, object: 'HTTPRoute default/r', path: 'spec', message: 'is missing. Add it.' };
  expect(errorLines([problem], pipe, '/x')).toEqual(['error: a.yaml:3: HTTPRoute default/r: spec: is missing. Add it.']);
  expect(errorLines([problem], pipe, '/y')).toEqual(['error: /x/a.yaml:3: HTTPRoute default/r: spec: is missing. Add it.']);
});

test('colour only on terminals that want it', () => {
  const tty = { isTTY: true, write: () => true };
  expect(wantsColor(tty, {})).toBe(true);
  expect(wantsColor(tty, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColor(tty, { TERM: 'dumb' })).toBe(false);
  expect(displayOn({ write: () => true }, {}).terminal).toBe(false);
  expect(plainLine('x', { a: '', b: 'c d' })).toBe('x b="c d"');
});

test('what a terminal would act on is written out, and a name may not be a whole file', () => {
  const problem = { file: '/x/a.yaml', line: 3, object: 'Service a\nerror: \u001b[31m\u202eb', path: 'kind', message: 'is wrong.' };
  expect(errorLines([problem], pipe, '/x')).toEqual(['error: a.yaml:3: Service a\\u000aerror: \\u001b[31m\\u202eb: kind: is wrong.']);
  const [long = ''] = errorLines([{ ...problem, object: 'x'.repeat(100_000) }], pipe, '/x');
  expect(long.length).toBeLessThan(500);
  expect(servedLines([{ ...row, match: '/* a=\u001b[2J' }], terminal)[1]).toContain('/* a=\\u001b[2J');
  expect(plainLine('served', { match: '\u009b2J' })).toBe('served match=\\u009b2J');
});
