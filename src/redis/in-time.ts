/** Redis did not answer within its time limit. */
export class LateError extends Error {
  override readonly name = 'LateError';
  constructor(milliseconds: number) {
    super(`Redis did not answer within ${String(milliseconds)} ms`);
  }
}

/** The result of the work, or a {@link LateError} if it takes longer. The work itself goes on. */
export async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // If this process was busy, the answer may have arrived; it is read before setImmediate() runs.
      setImmediate(reject, new LateError(milliseconds));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
