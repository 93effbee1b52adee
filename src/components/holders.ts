/**
 * Who uses which store or provider. Instances of the library may share one, by a common container; it is
 * closed with the last of them.
 */
const holders = new WeakMap<object, number>();

/** States that one more instance of the library uses a component. */
export function hold(component: object): void {
  holders.set(component, (holders.get(component) ?? 0) + 1);
}

/** States that one of them has done with it. True when it was the last. */
export function release(component: object): boolean {
  const left = (holders.get(component) ?? 1) - 1;
  holders.set(component, left);
  return left === 0;
}
