/** The ids are split into segments, so that growth moves the ids of one segment and never all ids at once. */
const SEGMENTS = 256;
/** The numbers per place: both halves of the id, and its end in seconds; 0 marks a free place. */
const STRIDE = 3;
const FIRST_PLACES = 8;
const MAX_LOAD = 0.75;
const MAX_SECONDS = 0xffff_ffff;

/** @returns half of an id as a number; -1 if the text contains anything but lower case hex there */
function half(id: string, from: number): number {
  let value = 0;
  for (let index = from; index < from + 8; index += 1) {
    const code = id.charCodeAt(index);
    if (code >= 48 && code <= 57) value = value * 16 + code - 48;
    else if (code >= 97 && code <= 102) value = value * 16 + code - 87;
    else return -1;
  }
  return value;
}

/** True for 16 lower case hex digits. */
export function isRevocableId(id: unknown): id is string {
  return typeof id === 'string' && id.length === 16 && half(id, 0) >= 0 && half(id, 8) >= 0;
}

/** Spreads ids that share their first digits: the ids in a log need not be random. */
function mixed(high: number, low: number): number {
  let hash = Math.imul(high ^ (low >>> 15), 0x2c1b3c6d) ^ low;
  hash = Math.imul(hash ^ (hash >>> 13), 0x297a2d39);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** @returns the place of the id, or the free place that ends the search for it */
function placeOf(segment: Uint32Array, high: number, low: number, hash: number): number {
  const places = segment.length / STRIDE;
  let place = (hash >>> 8) % places;
  for (;;) {
    const at = place * STRIDE;
    if (segment[at + 2] === 0 || (segment[at] === high && segment[at + 1] === low)) return at;
    place = place + 1 === places ? 0 : place + 1;
  }
}

/** Ids of 64 bits, each kept until it ends, at 12 bytes per place. */
export class RevokedIds {
  readonly #segments: Uint32Array[] = Array.from(
    { length: SEGMENTS },
    () => new Uint32Array(FIRST_PLACES * STRIDE),
  );
  readonly #sizes = new Uint32Array(SEGMENTS);
  readonly #maxEntries: number;
  #size = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  static readonly segments = SEGMENTS;

  /** The number of ids that are kept, including ended ids that have not been removed yet. */
  get size(): number {
    return this.#size;
  }

  /** The memory of all places, in bytes. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.byteLength, 0);
  }

  has(id: string, now: number): boolean {
    const high = half(id, 0);
    const low = half(id, 8);
    if (high < 0 || low < 0) return false;
    const hash = mixed(high, low);
    const segment = this.#segment(hash & (SEGMENTS - 1));
    return (segment[placeOf(segment, high, low, hash) + 2] ?? 0) * 1000 > now;
  }

  /**
   * Adds an id. If the id is known, the later end counts.
   * @param id an id that {@link isRevocableId} accepts
   * @returns false if there is no room for it
   */
  add(id: string, until: number, now: number): boolean {
    const end = Math.min(Math.ceil(until / 1000), MAX_SECONDS);
    if (end * 1000 <= now) return true;
    const high = half(id, 0);
    const low = half(id, 8);
    const hash = mixed(high, low);
    const index = hash & (SEGMENTS - 1);
    let segment = this.#segment(index);
    let at = placeOf(segment, high, low, hash);
    const known = segment[at + 2] ?? 0;
    if (known === 0) {
      if (this.#size >= this.#maxEntries) return false;
      if (((this.#sizes[index] ?? 0) + 1) * STRIDE > segment.length * MAX_LOAD) {
        segment = this.#rebuild(index, now);
        at = placeOf(segment, high, low, hash);
      }
      segment[at] = high;
      segment[at + 1] = low;
      this.#resize(index, 1);
    }
    segment[at + 2] = Math.max(known, end);
    return true;
  }

  /** Removes the ended ids of one segment. */
  sweep(index: number, now: number): void {
    if ((this.#sizes[index] ?? 0) > 0) this.#rebuild(index, now);
  }

  /** The ids of one segment that have not ended. */
  live(index: number, now: number): { id: string; until: number }[] {
    const list: { id: string; until: number }[] = [];
    const segment = this.#segment(index);
    for (let at = 0; at < segment.length; at += STRIDE) {
      const until = (segment[at + 2] ?? 0) * 1000;
      if (until > now) list.push({ id: `${hex(segment[at])}${hex(segment[at + 1])}`, until });
    }
    return list;
  }

  #segment(index: number): Uint32Array {
    const segment = this.#segments[index];
    if (segment === undefined) throw new RangeError('no such segment');
    return segment;
  }

  #resize(index: number, by: number): void {
    this.#sizes[index] = (this.#sizes[index] ?? 0) + by;
    this.#size += by;
  }

  /** Moves the ids that have not ended to a new segment, with room for about a third more. */
  #rebuild(index: number, now: number): Uint32Array {
    const old = this.#segment(index);
    let live = 0;
    for (let at = 2; at < old.length; at += STRIDE) if ((old[at] ?? 0) * 1000 > now) live += 1;
    const places = Math.max(FIRST_PLACES, Math.ceil((live * 1.35) / MAX_LOAD));
    const segment = new Uint32Array(places * STRIDE);
    for (let at = 0; at < old.length; at += STRIDE) {
      const end = old[at + 2] ?? 0;
      if (end * 1000 <= now) continue;
      const high = old[at] ?? 0;
      const low = old[at + 1] ?? 0;
      const to = placeOf(segment, high, low, mixed(high, low));
      segment[to] = high;
      segment[to + 1] = low;
      segment[to + 2] = end;
    }
    this.#segments[index] = segment;
    this.#resize(index, live - (this.#sizes[index] ?? 0));
    return segment;
  }
}

function hex(value: number | undefined): string {
  return (value ?? 0).toString(16).padStart(8, '0');
}
