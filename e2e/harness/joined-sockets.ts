import type { Socket } from 'node:net';

/** Pairs of sockets, each of which says what the other hears and ends with it. */
export class JoinedSockets {
  readonly #open = new Set<Socket>();

  join(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#open.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => {
        this.#open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }

  /** Ends all that are open. */
  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
