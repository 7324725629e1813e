import type { Rope } from './resource.ts';

/**
 * A message on its way out. gRPC asks a serialized message for its length and then to copy itself behind the five bytes of its frame: that is the only
 * copy which is made of a large configuration, whoever else holds its parts.
 */
export class WireMessage {
  readonly byteLength: number;
  readonly #parts: Rope['parts'];

  constructor({ parts, size }: Rope) {
    this.#parts = parts;
    this.byteLength = size;
  }

  /** As Buffer.copy: writes all of it into `target` from `at` on. */
  copy(target: Uint8Array, at = 0): number {
    const end = copyParts(this.#parts, target, at);
    if (end - at !== this.byteLength) throw new Error(`a message of ${this.byteLength} bytes has ${end - at}`);
    return this.byteLength;
  }
}

function copyParts(parts: Rope['parts'], target: Uint8Array, at: number): number {
  let offset = at;
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      target.set(part, offset);
      offset += part.byteLength;
    } else offset = copyParts(part.parts, target, offset);
  }
  return offset;
}
