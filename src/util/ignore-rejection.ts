/**
 * Gives a promise that nobody waits for a handler: what app code answers where it should have answered at once must not
 * end the process when it rejects. Other values are left alone.
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

/** Functions too: whatever has a then() is waited for, and would be waited for without an end. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = typeof value === 'object' && value !== null;
  return (
    (isObject || typeof value === 'function') && typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
