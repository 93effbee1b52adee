const MAX_CHUNK = 1000;

/** Rows in the order of their numbers. Any row can be removed; chunks keep a removal from moving all rows. */
export class LogRows<T extends { readonly seq: number }> {
  /** No chunk is empty. */
  readonly #chunks: T[][] = [];

  /** @param row with a number above all others */
  add(row: T): void {
    const last = this.#chunks.at(-1);
    if (last === undefined || last.length >= MAX_CHUNK) this.#chunks.push([row]);
    else last.push(row);
  }

  remove(row: T): void {
    const place = firstAbove(this.#chunks, (chunk) => (chunk.at(-1)?.seq ?? 0) >= row.seq);
    const chunk = this.#chunks[place];
    if (chunk === undefined) return;
    const index = firstAbove(chunk, ({ seq }) => seq >= row.seq);
    if (chunk[index] !== row) return;
    chunk.splice(index, 1);
    const next = this.#chunks[place + 1];
    // Small chunks are joined, so that long-lived rows do not each keep a chunk of their own.
    if (next !== undefined && chunk.length + next.length <= MAX_CHUNK / 2) {
      this.#chunks.splice(place, 2, [...chunk, ...next]);
    } else if (chunk.length === 0) this.#chunks.splice(place, 1);
  }

  /** The first rows above a number. */
  after(seq: number, count: number): T[] {
    const rows: T[] = [];
    let place = firstAbove(this.#chunks, (chunk) => (chunk.at(-1)?.seq ?? 0) > seq);
    for (; place < this.#chunks.length && rows.length < count; place += 1) {
      const chunk = this.#chunks[place] ?? [];
      const start = firstAbove(chunk, (row) => row.seq > seq);
      rows.push(...chunk.slice(start, start + count - rows.length));
    }
    return rows;
  }
}

/** The index of the first item that passes, if all later items pass too; the length if no item passes. */
function firstAbove<T>(items: readonly T[], passes: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && !passes(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
