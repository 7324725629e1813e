/** Runs `work` for each item, at most `limit` at a time, in order. Rejects with the first error; what is under way then goes on unheard. */
export async function inFlight<T>(limit: number, items: Iterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: limit }, lane));
}
