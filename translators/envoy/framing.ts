/**
 * Protobuf framing without a schema. Repeated fields concatenate, so a message can be put together from the encoded fields of its members:
 * what an encoder would do for each field, done once for each member.
 */

/** Encoded fields that are not joined yet. */
export interface Rope {
  readonly parts: readonly Uint8Array[];
  readonly size: number;
}

export function rope(parts: readonly Uint8Array[]): Rope {
  return { parts, size: parts.reduce((sum, part) => sum + part.byteLength, 0) };
}

/** The content as the length-delimited field `number` (a message, a string or bytes). */
export function field(number: number, content: Rope): Rope {
  const head = Uint8Array.from([...varint(number * 8 + 2), ...varint(content.size)]);
  return { parts: [head, ...content.parts], size: head.byteLength + content.size };
}

export function concat(ropes: readonly Rope[]): Rope {
  return { parts: ropes.flatMap((one) => one.parts), size: ropes.reduce((sum, one) => sum + one.size, 0) };
}

/** One copy of everything. */
export function join({ parts, size }: Rope): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
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
