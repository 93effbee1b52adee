/** A new list with one more item. `push()` and spreading would allocate room for many more. */
export function appended<T>(list: readonly T[], item: T): readonly T[] {
  return list.length === 0 ? [item] : list.concat([item]);
}
