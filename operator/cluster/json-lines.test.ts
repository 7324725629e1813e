import fc from 'fast-check';
import { JsonLines } from './json-lines.ts';

const split = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
};

const read = (chunks: readonly Uint8Array[]): unknown[] => {
  const lines = new JsonLines();
  return chunks.flatMap((chunk) => [...lines.push(chunk)]);
};

describe('JsonLines', () => {
  test('gives the same values for any split of the bytes', () => {
    const value = fc.jsonValue({ stringUnit: 'binary', maxDepth: 2 });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 20 }), (values, cuts) => {
        const bytes = Buffer.from(values.map((v) => `${JSON.stringify(v)}\n`).join(''));
        // As text: comparing trees node by node takes most of the time otherwise.
        expect(JSON.stringify(read(split(bytes, cuts)))).toBe(JSON.stringify(values));
        expect(JSON.stringify(read([bytes]))).toBe(JSON.stringify(values));
      }),
    );
  });

  test('puts characters together that were cut in two', () => {
    const bytes = Buffer.from('{"name":"Zürich 🏰"}\n');
    expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual([{ name: 'Zürich 🏰' }]);
  });

  test('holds a line back until its newline comes', () => {
    const lines = new JsonLines();
    expect([...lines.push(Buffer.from('{"a":1}'))]).toEqual([]);
    expect(lines.pending).toBe(7);
    expect([...lines.push(Buffer.from('\n'))]).toEqual([{ a: 1 }]);
    expect(lines.pending).toBe(0);
  });

  test('skips empty lines', () => {
    expect(read([Buffer.from('\n{"a":1}\r\n\n')])).toEqual([{ a: 1 }]);
  });

  test('refuses a line that is not JSON', () => {
    expect(() => read([Buffer.from('{"a":\n')])).toThrow(SyntaxError);
  });
});
