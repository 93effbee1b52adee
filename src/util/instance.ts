/**
 * True when the value is an instance of one of the classes. What is thrown can be anything, and a proxy's
 * traps must not turn looking at it into a new throw.
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
