import type { Rope } from './resource.ts';

/** From so many bytes on a frame is worth giving back by hand. */
const LARGE = 64 * 1024;

/**
 * A message on its way out. gRPC asks a serialized message for its length and then to copy itself behind the five bytes of its frame: that is the only
 * copy which is made of a large configuration, whoever else holds its parts.
 *
 * A large frame is given back to the system as soon as it is written. Left to the collector, some dozens of them would make it look through the whole heap.
 */
export class WireMessage {
  readonly byteLength: number;
  readonly #parts: Rope['parts'];
  #frame: Uint8Array<ArrayBuffer> | undefined;

  constructor({ parts, size }: Rope) {
    this.#parts = parts;
    this.byteLength = size;
  }

  /** As Buffer.copy: writes all of it into `target` from `at` on. */
  copy(target: Uint8Array<ArrayBuffer>, at = 0): number {
    const end = copyParts(this.#parts, target, at);
    if (end - at !== this.byteLength) throw new Error(`a message of ${this.byteLength} bytes has ${end - at}`);
    if (target.byteLength >= LARGE) this.#frame = target;
    return this.byteLength;
  }

  /** The frame has left this process: nobody reads it again, and its memory is freed. Whoever reads it all the same finds it empty. */
  release(): void {
    const buffer = this.#frame?.buffer;
    // A frame that shares its memory with others is left to the collector.
    if (buffer?.byteLength === this.#frame?.byteLength) buffer?.transfer(0);
    this.#frame = undefined;
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
