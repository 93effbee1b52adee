/**
 * Attaches a handler to a promise that is not awaited: if app code returns a promise where a plain value was expected,
 * its rejection must not end the process. Other values are left alone.
 */
export function ignoreRejection(
  value: unknown,
  onRejected: (cause: unknown) => void = () => undefined,
): void {
  try {
    if (!isThenable(value)) return;
    Promise.resolve(value).then(undefined, onRejected);
  } catch (cause) {
    onRejected(cause);
  }
}

/** Includes functions: any value with a then() is awaited, and could be awaited for ever. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = typeof value === 'object' && value !== null;
  return (
    (isObject || typeof value === 'function') && typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
