/**
 * True if the value is an instance of one of the classes. Any value can be thrown, and a proxy's traps must not make
 * this check throw.
 */
export function isInstance<T>(
  value: unknown,
  ...classes: readonly { prototype: T; [Symbol.hasInstance](value: unknown): boolean }[]
): value is T {
  try {
    return classes.some((cls) => value instanceof (cls as unknown as abstract new () => T));
  } catch {
    return false;
  }
}
