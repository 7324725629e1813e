import { syntaxText, YamlReader } from './yaml-documents.ts';

const read = (text: string) => new YamlReader().read(text);
const valuesOf = (text: string): readonly unknown[] => {
  const { documents, problems } = read(text);
  expect(problems).toEqual([]);
  return documents.map(({ value }) => value);
};

test('lines may end as on Windows or on old Macs, also before a separator', () => {
  const text = 'a: {b: c}\n---\nd: |\n  e\n  f\n';
  const values = [{ a: { b: 'c' } }, { d: 'e\nf\n' }];
  for (const end of ['\n', '\r\n', '\r']) expect(valuesOf(text.replaceAll('\n', end))).toEqual(values);
  expect(read('a: {b: c}\r\n---\r\nd: [\r\n').problems[0]?.line).toBe(4);
});

test('merge keys are followed, as kubectl does', () => {
  expect(valuesOf('a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n')).toEqual([{ a: { x: 1, y: 2 }, b: { x: 1, y: 3 } }]);
});

test('keys are texts, whatever they look like', () => {
  expect(valuesOf('{1: a, true: b, ~: c}')).toEqual([{ '1': 'a', true: 'b', '~': 'c' }]);
  expect(read('a: b\n? [c]\n: d\n').problems).toEqual([
    expect.objectContaining({ line: 2, message: expect.stringContaining('a key is a list or a map') }),
  ]);
});

test("lists of one kind are unpacked too; their items may leave the kind to the list's", () => {
  const list = '{apiVersion: v1, kind: List, items: [{apiVersion: g/v1, kind: HTTPRouteList, items: [{metadata: {name: a}}, {kind: X}]}]}';
  expect(valuesOf(list)).toEqual([
    { apiVersion: 'g/v1', kind: 'HTTPRoute', metadata: { name: 'a' } },
    { apiVersion: 'g/v1', kind: 'X' },
  ]);
});

test('a file that would take all memory is refused, what was read before included in the count', () => {
  const reader = new YamlReader(40);
  expect(reader.read('a: b\n---\nc: d\n').problems).toEqual([]);
  const more = reader.read(`a: b\n---\nc: d\n---\ne: [${'1,'.repeat(20)}1]\n---\nf: g\n`);
  expect(more.documents.map(({ value }) => value)).toEqual([{ a: 'b' }, { c: 'd' }]);
  expect(more.problems.map((problem) => [problem.line, syntaxText(problem)])).toEqual([
    [4, expect.stringMatching(/^not valid YAML: it has more than .* which is the limit\. Make several files of it\.$/)],
  ]);
});

test('an item of a list knows its line', () => {
  const [, second] = read('apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: a}\n- metadata:\n    name: b\n').documents;
  expect([second?.line, second?.lineOf(['metadata', 'name'])]).toEqual([5, 6]);
});

test.each([
  ['inside of what it stands for', 'a: &x\n  b: *x\n', 2, 'the alias *x stands inside of what it stands for.'],
  ['of itself through another', 'a: &x\n  b: &y {c: *x, d: *y}\n', 2, 'the alias *x stands inside of what it stands for.'],
  ['without an anchor', 'a: *x\n', 1, expect.stringContaining('Unresolved alias')],
  ['without measure', bomb(), 1, expect.stringContaining('Excessive alias count')],
  ['that dig too deep', chain(), 5, 'lists and maps are nested more than 200 levels deep, which is the limit.'],
])('aliases %s are told', (_, text, line, message) => {
  expect(read(text)).toMatchObject({ documents: [], problems: [{ line, message }] });
});

/** Nine to the power of nine. */
function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, i) =>
      `l${i}: &l${i} [${Array(9)
        .fill(i === 0 ? 'lol' : `*l${i - 1}`)
        .join()}]`,
  );
  return `${levels.join('\n')}\n`;
}

/** Each line is below the limit. */
function chain(): string {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i}: &l${i} ${'['.repeat(45)}${i === 0 ? '' : `*l${i - 1}`}${']'.repeat(45)}`);
  return `${levels.join('\n')}\n`;
}
