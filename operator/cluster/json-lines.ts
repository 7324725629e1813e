const NEWLINE = 0x0a;

/**
 * Cuts a stream of bytes into the JSON values of its lines, wherever the chunks break: in the middle of a line, of a number, of a UTF-8
 * character. A newline byte is never part of anything else in JSON as the API server writes it. Bytes are copied at most once.
 */
export class JsonLines {
  #pieces: Uint8Array[] = [];

  /** The values whose lines end in this chunk. Throws SyntaxError on a whole line that is not JSON. */
  *push(chunk: Uint8Array): Generator<unknown> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = this.#line(chunk.subarray(start, end));
      start = end + 1;
      if (line !== '') yield JSON.parse(line);
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
  }

  /** Bytes of a line whose end has not come. */
  get pending(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  #line(last: Uint8Array): string {
    const whole = this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    return Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString('utf8').trim();
  }
}
