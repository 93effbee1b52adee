/**
 * Counts the instances of the library that use a store or provider. Several instances may share one, by a common
 * container; the last of them closes it.
 */
const holders = new WeakMap<object, number>();

/** Records that one more instance of the library uses a component. */
export function hold(component: object): void {
  holders.set(component, (holders.get(component) ?? 0) + 1);
}

/** Records that an instance no longer uses a component. Returns true if it was the last. */
export function release(component: object): boolean {
  const left = (holders.get(component) ?? 1) - 1;
  holders.set(component, left);
  return left === 0;
}
