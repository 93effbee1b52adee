const SHARDS = 64;

/**
 * A map with text keys, made of several smaller maps. A map that grows or shrinks is copied in one go, which takes a
 * quarter of a second for a million entries and blocks all other requests.
 */
export class ShardedMap<V> {
  readonly #shards = Array.from({ length: SHARDS }, () => new Map<string, V>());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#shardOf(key).get(key);
  }

  set(key: string, value: V): void {
    const shard = this.#shardOf(key);
    const before = shard.size;
    shard.set(key, value);
    this.#size += shard.size - before;
  }

  delete(key: string): boolean {
    const isDeleted = this.#shardOf(key).delete(key);
    if (isDeleted) this.#size -= 1;
    return isDeleted;
  }

  /** Chooses by the end of the key, in which random ids differ. */
  #shardOf(key: string): Map<string, V> {
    const { length } = key;
    // For a shorter text the code is NaN, which becomes 0 here.
    const place = (key.charCodeAt(length - 1) * 31 + (key.charCodeAt(length - 2) | 0)) & (SHARDS - 1);
    const shard = this.#shards[place];
    if (shard === undefined) throw new TypeError('ShardedMap: unknown place');
    return shard;
  }
}
