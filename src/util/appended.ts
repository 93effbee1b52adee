/** A list with one more item, as a new one: what `push()` or a spread makes has room for many more. */
export function appended<T>(list: readonly T[], item: T): readonly T[] {
  return list.length === 0 ? [item] : list.concat([item]);
}
