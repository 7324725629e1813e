/**
 * Protobuf framing without a schema. Repeated fields concatenate, so a message can be put together from the encoded fields of its members:
 * what an encoder would do for each field, done once for each member.
 */

import type { Rope } from '../../xds/resource.ts';

export function rope(parts: Rope['parts']): Rope {
  return { parts, size: parts.reduce((sum, part) => sum + sizeOf(part), 0) };
}

const sizeOf = (part: Uint8Array | Rope): number => (part instanceof Uint8Array ? part.byteLength : part.size);

/** The content as the length-delimited field `number` (a message, a string or bytes). */
export function field(number: number, content: Rope): Rope {
  const head = Uint8Array.from([...varint(number * 8 + 2), ...varint(content.size)]);
  return { parts: [head, content], size: head.byteLength + content.size };
}

/** One copy of everything. */
export function join(whole: Rope): Uint8Array {
  const bytes = new Uint8Array(whole.size);
  write(whole, bytes, 0);
  return bytes;
}

function write({ parts }: Rope, into: Uint8Array, at: number): number {
  let offset = at;
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      into.set(part, offset);
      offset += part.byteLength;
    } else offset = write(part, into, offset);
  }
  return offset;
}

const utf8 = new TextEncoder();

export const textRope = (text: string): Rope => rope([utf8.encode(text)]);

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
