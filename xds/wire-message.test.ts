import fc from 'fast-check';
import type { Rope } from './resource.ts';
import { WireMessage } from './wire-message.ts';

const rope = (parts: Rope['parts']): Rope => ({
  parts,
  size: parts.reduce((sum, part) => sum + (part instanceof Uint8Array ? part.byteLength : part.size), 0),
});
const { whole } = fc.letrec<{ whole: Rope; part: Uint8Array | Rope }>((tie) => ({
  part: fc.oneof({ maxDepth: 4 }, fc.uint8Array({ maxLength: 9 }), tie('whole')),
  whole: fc.array(tie('part'), { maxLength: 4 }).map(rope),
}));
const flat = ({ parts }: Rope): number[] => parts.flatMap((part) => (part instanceof Uint8Array ? [...part] : flat(part)));

test('copies its parts in order, to where it is told, and nothing else', () => {
  fc.assert(
    fc.property(whole, fc.nat(7), (message, at) => {
      const target = new Uint8Array(at + message.size + 3).fill(0xee);
      const wire = new WireMessage(message);
      expect(wire.byteLength).toBe(message.size);
      expect(wire.copy(target, at)).toBe(message.size);
      expect([...target]).toEqual([...Array(at).fill(0xee), ...flat(message), 0xee, 0xee, 0xee]);
    }),
  );
});

test('a wrong size is a bug, and not a message that is cut', () => {
  const wire = new WireMessage({ parts: [new Uint8Array(3)], size: 4 });
  expect(() => wire.copy(new Uint8Array(9))).toThrow('a message of 4 bytes has 3');
});
