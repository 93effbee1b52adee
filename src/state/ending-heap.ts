/** An item with an end. Only the heap writes its place. */
export interface Ending {
  /** In milliseconds since the epoch. */
  ends: number;
  place: number;
}

/** A heap with the item that ends first at its front; adding, moving and removing take logarithmic time. */
export class EndingHeap<T extends Ending> {
  readonly #items: T[] = [];

  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#rise(item, this.#items.length);
  }

  /** Call it after a change of an item's end. */
  moved(item: T): void {
    this.#rise(item, item.place);
    this.#sink(item, item.place);
  }

  remove(item: T): void {
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    last.place = item.place;
    this.#items[last.place] = last;
    this.moved(last);
  }

  #rise(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above];
      if (parent === undefined || parent.ends <= item.ends) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  #sink(item: T, from: number): void {
    let place = from;
    for (;;) {
      const left = this.#items[2 * place + 1];
      const right = this.#items[2 * place + 2];
      const child = right !== undefined && left !== undefined && right.ends < left.ends ? right : left;
      if (child === undefined || child.ends >= item.ends) break;
      const below = child.place;
      this.#put(child, place);
      place = below;
    }
    this.#put(item, place);
  }

  #put(item: T, place: number): void {
    item.place = place;
    this.#items[place] = item;
  }
}
